import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { openCache } from "../../src/cache/open-cache.js";
import type { LockedEntry } from "../../src/lock/entry.js";
import { findGarbage } from "../../src/publish/garbage.js";
import { publish } from "../../src/publish/publish.js";
import { removeGarbage } from "../../src/publish/remove-garbage.js";
import { verifyCache } from "../../src/publish/verify-cache.js";
import { NAR_TYPE, NARINFO_TYPE, narInfoKey, parseNarInfo } from "../../src/store/narinfo.js";
import { startUpstream, type Upstream } from "../hash/upstream.js";
import { type Key, OTHER, type S3Server, startS3, WRITER } from "../s3/start-s3.js";
import { startSts } from "../s3/start-sts.js";
import { sampleBytes } from "../store/samples.js";
import { temporaryNix } from "../store/temporary-nix.js";
import { makeVariantOf } from "../make/lock.js";

let s3: S3Server;
let upstream: Upstream;
let home: string;
beforeAll(async () => {
  s3 = await startS3();
  await s3.makeBucket("team-cache");
});
afterAll(() => s3.stop());
beforeEach(async () => {
  upstream = await startUpstream();
  home = await mkdtemp(join(tmpdir(), "home-"));
  // The SDK itself reads the environment and the home of the process.
  for (const name of ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"])
    vi.stubEnv(name, undefined);
  vi.stubEnv("AWS_EC2_METADATA_DISABLED", "true");
  vi.stubEnv("AWS_CONFIG_FILE", join(home, "config"));
  vi.stubEnv("AWS_SHARED_CREDENTIALS_FILE", join(home, "credentials"));
});
afterEach(async () => {
  await upstream.close();
  await rm(home, { recursive: true });
});

function use({ id, secret }: Key): void {
  vi.stubEnv("AWS_ACCESS_KEY_ID", id);
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", secret);
}

async function wanted(artifact: string, bytes: Uint8Array): Promise<LockedEntry> {
  const variant = await makeVariantOf({ url: upstream.serve(`/${artifact}`, bytes), bytes, name: artifact });
  return { artifact, system: "any", variant };
}

async function publishTo(address: string, all: readonly LockedEntry[]): Promise<string[]> {
  const cache = await openCache(address, { cwd: "/", env: {} });
  try {
    const outcomes = await publish(all, { gitlab: upstream.gitlab, cache, compression: "zstd" });
    return outcomes.map(({ status }) => status);
  } finally {
    await cache.close();
  }
}

/** The error of publishing something small. */
async function failure(address: string): Promise<unknown> {
  const one = await wanted("small", Buffer.from("small"));
  return publishTo(address, [one]).then(
    () => "no error",
    (error: unknown) => error,
  );
}

describe("a cache in an S3 bucket", () => {
  it("is filled by signed requests, in parts what is large, and read by Nix", async () => {
    use(WRITER);
    const all = [
      await wanted("small", Buffer.from("small")),
      await wanted("large", sampleBytes(17 * 1024 * 1024, "large")),
    ];
    const address = `s3://team-cache/nested/cache?endpoint=${s3.url}`;
    expect(await publishTo(address, all)).toEqual(["published", "published"]);
    upstream.requests.length = 0;
    expect(await publishTo(address, all)).toEqual(["present", "present"]);
    expect(upstream.requests).toEqual([]);

    const cache = await openCache(address, { cwd: "/", env: {} });
    expect(await verifyCache({ cache, locked: all })).toEqual({ sound: 2, orphans: [], problems: [] });
    await cache.close();

    const store = await temporaryNix();
    const paths = all.map(({ variant }) => variant.storePath);
    const from = `${s3.url}/team-cache/nested/cache`;
    await store.run("nix", "--extra-experimental-features", "nix-command", "copy", "--from", from, ...paths);
    const arrived = await readFile(join(store.root, paths[1] ?? ""));
    expect(arrived.equals(sampleBytes(17 * 1024 * 1024, "large"))).toBe(true);
    await store.remove();
  });

  it("is tidied: what is old and not wanted goes, what is young stays", async () => {
    use(WRITER);
    const [kept, old] = [await wanted("kept", Buffer.from("kept")), await wanted("old", Buffer.from("old"))];
    const address = `s3://team-cache/tidied?endpoint=${s3.url}`;
    await publishTo(address, [kept, old]);
    const cache = await openCache(address, { cwd: "/", env: {} });
    const { contents } = cache;
    if (contents === undefined) throw new Error("a bucket can be listed");
    const roots = [kept.variant.storePath];
    const removed = async (before: number) => {
      const options = { cache, contents, roots, before };
      return (await removeGarbage(await findGarbage(options), options)).length;
    };
    expect(await removed(contents.now() - 60_000)).toBe(0);
    expect(await removed(contents.now() + 60_000)).toBe(2);
    expect(await verifyCache({ cache, locked: [kept] })).toEqual({ sound: 1, orphans: [], problems: [] });
    await cache.close();
  });

  it("is verified: what is cut short, different, missing or promised by nobody is found", async () => {
    use(WRITER);
    const names = ["cut", "different", "lost", "unnamed", "sound"];
    const all = await Promise.all(names.map((name) => wanted(name, sampleBytes(10_000, name))));
    const address = `s3://team-cache/damaged?endpoint=${s3.url}`;
    await publishTo(address, all);
    const cache = await openCache(address, { cwd: "/", env: {} });
    const { contents } = cache;
    if (contents === undefined) throw new Error("a bucket can be listed");
    const remove = (key: string) => contents.removeOld(key, contents.now() + 60_000);
    const [cut, different, lost, unnamed] = await Promise.all(
      all.map(async ({ variant }) => {
        const key = narInfoKey(variant.storePath);
        return { key, url: parseNarInfo((await cache.readText(key))?.text ?? "")?.url ?? "" };
      }),
    );
    if (!cut || !different || !lost || !unnamed) throw new Error("each was published");
    const damaged = await cache.readText(different.key);
    await cache.writeText(cut.url, { text: "short", type: NAR_TYPE });
    await cache.writeText(different.key, {
      text: (damaged?.text ?? "").replace(/^NarHash: .*/m, `NarHash: sha256:${"0".repeat(52)}`),
      type: NARINFO_TYPE,
    });
    await remove(lost.url);
    await remove(unnamed.key);
    const { sound, orphans, problems } = await verifyCache({ cache, locked: [] });
    await cache.close();
    expect(problems.map(({ code }) => code).sort()).toEqual([
      "CACHE_MISMATCH",
      "CACHE_MISSING",
      "CACHE_TRUNCATED",
    ]);
    expect({ sound, orphans }).toEqual({ sound: 1, orphans: [unnamed.url] });
  });

  it("takes what is far too long for a .narinfo for damage, although it begins as one, and replaces it", async () => {
    use(WRITER);
    const one = await wanted("long", Buffer.from("long"));
    const address = `s3://team-cache/long?endpoint=${s3.url}`;
    await publishTo(address, [one]);
    const cache = await openCache(address, { cwd: "/", env: {} });
    const key = narInfoKey(one.variant.storePath);
    const { text } = (await cache.readText(key)) ?? { text: "" };
    await cache.writeText(key, { text: text.padEnd(3 * 1024 * 1024, "\n"), type: NARINFO_TYPE });
    const { problems } = await verifyCache({ cache, locked: [one] });
    expect(problems.map(({ code }) => code)).toEqual(["CACHE_DAMAGED"]);
    expect(await publishTo(address, [one])).toEqual(["published"]);
    expect(await verifyCache({ cache, locked: [one] })).toEqual({ sound: 1, orphans: [], problems: [] });
    await cache.close();
  });

  it("is tidied to the end by the next run when one is killed, and what is published meanwhile stays", async () => {
    use(WRITER);
    const [kept, added, ...old] = await Promise.all(
      ["kept", "added", "a", "b", "c"].map((name) => wanted(name, sampleBytes(5000, `tidied ${name}`))),
    );
    if (kept === undefined || added === undefined) throw new Error("each is wanted");
    const address = `s3://team-cache/tidied-twice?endpoint=${s3.url}`;
    await publishTo(address, [kept, ...old]);
    const cache = await openCache(address, { cwd: "/", env: {} });
    const { contents } = cache;
    if (contents === undefined) throw new Error("a bucket can be listed");
    await setTimeout(1100); // its clock has seconds
    const before = contents.now();
    await setTimeout(1100);
    const tidy = async (removeOld: typeof contents.removeOld) => {
      const options = {
        cache,
        contents: { ...contents, removeOld },
        roots: [kept.variant.storePath],
        before,
      };
      await removeGarbage(await findGarbage(options), options);
    };
    let removals = 0;
    const killed = tidy(async (key, time) => {
      if (removals++ === 2) throw new Error("killed");
      return contents.removeOld(key, time);
    });
    await expect(killed).rejects.toThrow("killed");
    expect(await verifyCache({ cache, locked: [kept] })).toMatchObject({ problems: [] });

    // Between an archive and its promise a publisher is most vulnerable.
    const writeText: typeof cache.writeText = async (key, text) => {
      await tidy(contents.removeOld);
      return cache.writeText(key, text);
    };
    const publishing = {
      gitlab: upstream.gitlab,
      cache: { ...cache, writeText },
      compression: "zstd",
    } as const;
    expect(await publish([added], publishing)).toMatchObject([{ status: "published" }]);
    expect(await verifyCache({ cache, locked: [kept, added] })).toEqual({
      sound: 2,
      orphans: [],
      problems: [],
    });
    await cache.close();
  });

  it("is opened with a profile", async () => {
    const { id, secret } = WRITER;
    await writeFile(
      join(home, "credentials"),
      `[team]\naws_access_key_id = ${id}\naws_secret_access_key = ${secret}\n`,
    );
    const one = await wanted("by-profile", Buffer.from("by profile"));
    const host = new URL(s3.url).host;
    expect(await publishTo(`s3://team-cache?endpoint=${host}&scheme=http&profile=team`, [one])).toEqual([
      "published",
    ]);
  });

  it("is opened with a role that a web identity takes on, as the id_token of a GitLab job is one", async () => {
    const asked: URLSearchParams[] = [];
    const sts = await startSts(WRITER, asked);
    const role = "arn:aws:iam::123456789012:role/publisher";
    await writeFile(join(home, "token"), "id-token-of-the-job");
    vi.stubEnv("AWS_ROLE_ARN", role);
    vi.stubEnv("AWS_WEB_IDENTITY_TOKEN_FILE", join(home, "token"));
    vi.stubEnv("AWS_ENDPOINT_URL_STS", sts.url);
    const one = await wanted("by-role", Buffer.from("by role"));
    expect(await publishTo(`s3://team-cache/by-role?endpoint=${s3.url}`, [one])).toEqual(["published"]);
    expect(asked.map((form) => Object.fromEntries(form))).toEqual([
      expect.objectContaining({
        Action: "AssumeRoleWithWebIdentity",
        RoleArn: role,
        WebIdentityToken: "id-token-of-the-job",
      }),
    ]);
    sts.close();
  });

  it.each([
    ["the bucket is not there", WRITER, "absent", "NoSuchBucket", "create the bucket"],
    [
      "the secret is another one",
      { ...WRITER, secret: "canary" },
      "team-cache",
      "SignatureDoesNotMatch",
      "SECRET",
    ],
    [
      "the key is unknown",
      { id: "AKNOBODY", secret: "canary" },
      "team-cache",
      "InvalidAccessKeyId",
      "AKNOBODY|KEY_ID",
    ],
    ["the user may not write", OTHER, "team-cache/other", "403 AccessDenied", "s3:PutObject"],
  ])("says so when %s", async (_, key, bucket, message, hint) => {
    use(key);
    const error = await failure(`s3://${bucket}?endpoint=${s3.url}`);
    expect(error).toMatchObject({ code: "CACHE_REFUSED" });
    expect(error).toHaveProperty("message", expect.stringContaining(message));
    expect(error).toHaveProperty("hint", expect.stringMatching(hint));
    expect(JSON.stringify(error)).not.toContain("canary");
  });

  it("says where credentials may stand when there are none", async () => {
    const error = await failure(`s3://team-cache?endpoint=${s3.url}`);
    expect(error).toMatchObject({
      code: "CACHE_NO_CREDENTIALS",
      hint: expect.stringContaining("AWS_ACCESS_KEY_ID"),
    });
  });

  it("says so when nothing answers", async () => {
    use(WRITER);
    const error = await failure("s3://team-cache?endpoint=http://127.0.0.1:1");
    expect(error).toMatchObject({ code: "CACHE_UNREACHABLE" });
    expect(error).toHaveProperty("message", expect.stringContaining("ECONNREFUSED"));
  });
});
