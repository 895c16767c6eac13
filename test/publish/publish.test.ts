import { execFileSync } from "node:child_process";
import { readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { openFileCache } from "../../src/cache/file-cache.js";
import type { BinaryCache } from "../../src/cache/cache.js";
import type { LockedEntry } from "../../src/lock/entry.js";
import type { Compression } from "../../src/publish/compression.js";
import { publish, type PublishOptions } from "../../src/publish/publish.js";
import { verifyCache } from "../../src/publish/verify-cache.js";
import { narInfoKey } from "../../src/store/narinfo.js";
import { parseSigningKey } from "../../src/store/signing-key.js";
import { startUpstream, type Upstream } from "../hash/upstream.js";
import { sampleBytes } from "../store/samples.js";
import { type TemporaryNix, temporaryNix } from "../store/temporary-nix.js";
import { type Locked, makeVariantOf } from "../make/lock.js";

let upstream: Upstream;
let root: string;
let cache: BinaryCache;
const stores: TemporaryNix[] = [];
beforeEach(async () => {
  upstream = await startUpstream();
  root = mkdtempSync(join(tmpdir(), "cache-"));
  cache = openFileCache(root);
});
afterEach(async () => {
  await upstream.close();
  await rm(root, { recursive: true });
  await Promise.all(stores.splice(0).map((store) => store.remove()));
});

async function wanted(
  artifact: string,
  locked: Partial<Locked> = {},
  served?: Uint8Array,
): Promise<LockedEntry> {
  const bytes = locked.bytes ?? sampleBytes(10_000, artifact);
  const url = upstream.serve(`/${artifact}`, served ?? bytes);
  return { artifact, system: "any", variant: await makeVariantOf({ url, bytes, ...locked }) };
}

async function statuses(
  all: readonly LockedEntry[],
  options: Partial<PublishOptions> = {},
): Promise<string[]> {
  const outcomes = await publish(all, { gitlab: upstream.gitlab, cache, compression: "zstd", ...options });
  return outcomes.map((one) =>
    one.status === "failed" ? `${one.error.code} ${one.error.message}` : one.status,
  );
}

async function newStore(): Promise<TemporaryNix> {
  const store = await temporaryNix();
  stores.push(store);
  return store;
}

const nixCommand = ["--extra-experimental-features", "nix-command"];

/** Copies from the cache as Nix does it for a user who trusts no key, and gives the bytes that arrived. */
async function copied({ variant }: LockedEntry): Promise<Buffer> {
  const store = await newStore();
  await store.run("nix", ...nixCommand, "copy", "--from", `file://${root}`, variant.storePath);
  await store.run("nix-store", "--verify-path", variant.storePath);
  return readFile(join(store.root, variant.storePath));
}

function narInfoOf({ variant }: LockedEntry): string {
  return readFileSync(join(root, narInfoKey(variant.storePath)), "utf8");
}

function archiveOf(one: LockedEntry): string {
  return join(root, /^URL: (.*)$/m.exec(narInfoOf(one))?.[1] ?? "");
}

describe.each(["zstd", "xz", "none"] as const)("compressed with %s", (compression) => {
  it.each([
    ["a file", { bytes: sampleBytes(10_000, 1) }],
    ["an empty file", { bytes: Buffer.alloc(0) }],
    ["a program", { form: "executable", bytes: Buffer.from("#!/bin/sh\n") }],
    ["a file of many frames", { bytes: sampleBytes(9 * 1024 * 1024 + 5, 2) }],
  ] as const)("%s arrives in Nix unsigned, byte for byte", async (_, locked) => {
    const one = await wanted("one", locked);
    expect(await statuses([one], { compression })).toEqual(["published"]);
    expect((await copied(one)).equals(locked.bytes)).toBe(true);
    expect(await readdir(root)).toEqual(expect.not.arrayContaining([expect.stringContaining("staging")]));
  });
});

describe("writes what `nix copy` writes", () => {
  /** A cache of ours and one of Nix's, with the same two paths. */
  async function bothCaches(compression: Compression): Promise<Map<string, string>[]> {
    const file = await wanted("file");
    const program = await wanted("program", { form: "executable", name: "program" });
    await statuses([file, program], { compression });
    const store = await newStore();
    const theirs = mkdtempSync(join(tmpdir(), "their-cache-"));
    const copy = (...args: string[]) => store.run("nix", ...nixCommand, "copy", ...args);
    for (const { variant } of [file, program]) {
      await copy("--from", `file://${root}`, variant.storePath);
      await copy("--to", `file://${theirs}?compression=${compression}`, variant.storePath);
    }
    return Promise.all([filesOf(root), filesOf(theirs)]);
  }

  it.each(["none", "xz"] as const)("to the byte, with %s", async (compression) => {
    const [ours, theirs] = await bothCaches(compression);
    expect(ours?.size).toBe(5);
    expect(ours).toEqual(theirs);
  });

  it("with zstd, but for the compressed bytes, and what names and measures them", async () => {
    const [ours, theirs] = (await bothCaches("zstd")).map(
      (files) => new Map([...files].map(withoutArchive).sort()),
    );
    expect(ours?.size).toBe(5);
    expect(ours).toEqual(theirs);
  });

  function withoutArchive([key, hex]: [string, string]): [string, string] {
    const bytes = Buffer.from(hex, "hex");
    if (!key.startsWith("/nar/"))
      return [key, bytes.toString().replace(/^(URL|FileHash|FileSize): .*$/gm, "$1")];
    const nar = execFileSync("zstd", ["--decompress", "--stdout"], { input: bytes }).toString("hex");
    return [key.replace(/[0-9a-z]{52}/, `archive of ${nar.slice(0, 300)}`), nar];
  }
});

async function filesOf(folder: string): Promise<Map<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return new Map(paths.sort().map((path) => [path.slice(folder.length), readFileSync(path).toString("hex")]));
}

it("signs exactly as Nix does when it is given a key", async () => {
  const keys = mkdtempSync(join(tmpdir(), "keys-"));
  const [secret, open] = [join(keys, "secret"), join(keys, "public")];
  execFileSync("nix-store", ["--generate-binary-cache-key", "team-1", secret, open], {
    env: (await newStore()).env,
  });
  const one = await wanted("one");
  const signingKey = parseSigningKey(readFileSync(secret, "utf8"), secret);
  await statuses([one], { compression: "none", signingKey });
  const ours = narInfoOf(one);
  expect(signingKey.publicKey).toBe(readFileSync(open, "utf8").trim());

  const store = await newStore();
  await store.run("nix", ...nixCommand, "copy", "--from", `file://${root}`, one.variant.storePath);
  const theirs = mkdtempSync(join(tmpdir(), "their-cache-"));
  const address = `file://${theirs}?compression=none&secret-key=${secret}`;
  await store.run("nix", ...nixCommand, "copy", "--to", address, one.variant.storePath);
  expect(ours).toMatch(/^Sig: team-1:/m);
  expect(readFileSync(join(theirs, narInfoKey(one.variant.storePath)), "utf8")).toBe(ours);
});

describe("a second run", () => {
  it("downloads nothing and writes nothing that is there", async () => {
    const one = await wanted("one");
    await statuses([one]);
    const before = await filesOf(root);
    upstream.requests.length = 0;
    expect(await statuses([one])).toEqual(["present"]);
    expect(upstream.requests).toEqual([]);
    expect(await filesOf(root)).toEqual(before);
  });

  it.each([
    [
      "the .narinfo is half written",
      (one: LockedEntry) => truncate(join(root, narInfoKey(one.variant.storePath)), 50),
    ],
    ["the archive is missing", (one: LockedEntry) => rm(archiveOf(one))],
    [
      "the .narinfo promises another NAR",
      (one: LockedEntry) =>
        writeFile(
          join(root, narInfoKey(one.variant.storePath)),
          narInfoOf(one).replace(/NarSize: \d+/, "NarSize: 120"),
        ),
    ],
    [
      "the .narinfo lacks its content address",
      (one: LockedEntry) =>
        writeFile(join(root, narInfoKey(one.variant.storePath)), narInfoOf(one).replace(/CA: .*\n/, "")),
    ],
  ])("repairs a cache in which %s", async (_, damage) => {
    const one = await wanted("one");
    await statuses([one]);
    await damage(one);
    expect(await statuses([one])).toEqual(["published"]);
    expect((await copied(one)).equals(sampleBytes(10_000, "one"))).toBe(true);
  });
});

it("lets several publishers write the same at once", async () => {
  const all = await Promise.all(["a", "b", "c", "d"].map((name) => wanted(name)));
  const publishers = [1, 2, 3].map(() => statuses(all, { cache: openFileCache(root) }));
  for (const outcome of await Promise.all(publishers)) {
    expect(outcome.every((status) => status === "published" || status === "present")).toBe(true);
  }
  expect(await verifyCache({ cache, locked: all })).toEqual({ sound: 4, orphans: [], problems: [] });
});

describe("what fails", () => {
  it("keeps other bytes than the locked ones out of the cache, and publishes the others", async () => {
    const [evil, good] = [await wanted("evil", {}, sampleBytes(10_000, "other")), await wanted("good")];
    const [first, second] = await statuses([evil, good]);
    expect(first).toContain("OTHER_BYTES evil: same job id, other bytes");
    expect(second).toBe("published");
    const names = [...(await filesOf(root)).keys()].map((path) => path.split("/")[1]);
    expect(names).toEqual([narInfoKey(good.variant.storePath), "nar", "nix-cache-info"].sort());
    expect(await readdir(join(root, "nar"))).toHaveLength(1);
  });

  it("refuses a lock that contradicts itself, before it downloads", async () => {
    const one = await wanted("one");
    const two = await wanted("two");
    const wrong = [{ storePath: two.variant.storePath }, { narSize: one.variant.narSize + 8 }].map(
      (change) => ({ ...one, variant: { ...one.variant, ...change } }),
    );
    for (const contradiction of wrong) {
      expect((await statuses([contradiction]))[0]).toContain("LOCK_CONTRADICTION one (any)");
    }
    expect(upstream.requests).toEqual([]);
  });

  it("refuses a cache of another store directory", async () => {
    await writeFile(join(root, "nix-cache-info"), "StoreDir: /gnu/store\n");
    const publishing = statuses([await wanted("one")]);
    await expect(publishing).rejects.toMatchObject({ code: "CACHE_OTHER_STORE" });
    await expect(publishing).rejects.toThrow("is for the store /gnu/store, not for /nix/store");
  });

  it("never promises an archive that did not arrive", async () => {
    const one = await wanted("one");
    const takeFile = vi.fn(() => Promise.reject(new Error("cut")));
    await expect(statuses([one], { cache: { ...cache, takeFile } })).rejects.toThrow("cut");
    expect(takeFile).toHaveBeenCalledOnce();
    expect([...(await filesOf(root)).keys()]).toEqual(["/nix-cache-info"]);
  });
});
