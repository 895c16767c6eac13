import { chmodSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openHttpCache } from "../../src/cache/http-cache.js";
import { netrcCredentials } from "../../src/cache/netrc-credentials.js";
import { ANONYMOUS, type Credentials } from "../../src/credentials/credentials.js";
import type { LockedEntry } from "../../src/lock/entry.js";
import { publish } from "../../src/publish/publish.js";
import { verifyCache } from "../../src/publish/verify-cache.js";
import { narInfoKey } from "../../src/store/narinfo.js";
import { startUpstream, type Upstream } from "../hash/upstream.js";
import { type CacheServer, startCacheServer } from "../publish/cache-server.js";
import { sampleBytes } from "../store/samples.js";
import { temporaryNix } from "../store/temporary-nix.js";
import { makeVariantOf } from "../make/lock.js";

let upstream: Upstream;
let server: CacheServer;
beforeEach(async () => {
  upstream = await startUpstream();
  server = await startCacheServer();
});
afterEach(async () => {
  await upstream.close();
  await server.close();
});

async function wanted(artifact: string): Promise<LockedEntry> {
  const bytes = sampleBytes(300_000, artifact);
  const variant = await makeVariantOf({ url: upstream.serve(`/${artifact}`, bytes), bytes, name: artifact });
  return { artifact, system: "any", variant };
}

async function publishAll(
  all: readonly LockedEntry[],
  credentials: Credentials = ANONYMOUS,
): Promise<string[]> {
  const cache = openHttpCache(new URL(`${server.url}/team`), { credentials, retry: { firstPauseMs: 1 } });
  try {
    const outcomes = await publish(all, { gitlab: upstream.gitlab, cache, compression: "zstd" });
    return outcomes.map((one) =>
      one.status === "failed" ? `${one.error.message} – ${one.error.hint}` : one.status,
    );
  } finally {
    await cache.close();
  }
}

describe("a cache behind HTTP", () => {
  it("gets the archive first and then what promises it, and serves Nix", async () => {
    const one = await wanted("one");
    const key = narInfoKey(one.variant.storePath);
    expect(await publishAll([one])).toEqual(["published"]);
    const puts = server.requests.filter((request) => request.startsWith("PUT"));
    expect(puts).toEqual([
      "PUT /team/nix-cache-info",
      expect.stringMatching(/^PUT \/team\/nar\/[0-9a-z]{52}\.nar\.zst$/),
      `PUT /team/${key}`,
    ]);

    const store = await temporaryNix();
    const copy = ["copy", "--from", `${server.url}/team`, one.variant.storePath];
    await store.run("nix", "--extra-experimental-features", "nix-command", ...copy);
    await store.run("nix-store", "--verify-path", one.variant.storePath);
    await store.remove();
  });

  it("is sent nothing that it has", async () => {
    const all = [await wanted("one"), await wanted("two")];
    await publishAll(all);
    server.requests.length = 0;
    expect(await publishAll(all)).toEqual(["present", "present"]);
    expect(server.requests.filter((request) => request.startsWith("PUT"))).toEqual([]);
  });

  it("is verified as far as the lock knows it, since it cannot be listed", async () => {
    const [one, two] = [await wanted("one"), await wanted("two")];
    await publishAll([one, two]);
    const cache = openHttpCache(new URL(`${server.url}/team`), { credentials: ANONYMOUS });
    expect(await verifyCache({ cache, locked: [one] })).toEqual({ sound: 1, orphans: [], problems: [] });
    for (const path of server.files.keys()) if (path.includes("/nar/")) server.files.delete(path);
    const { sound, problems } = await verifyCache({ cache, locked: [one] });
    expect({ sound, codes: problems.map(({ code }) => code) }).toEqual({
      sound: 0,
      codes: ["CACHE_MISSING"],
    });
    await cache.close();
  });

  it("is tried again when it is overloaded or cuts the connection", async () => {
    let times = 0;
    server.intercept = (request, response) => {
      if (request.method !== "PUT" || ++times > 4) return false;
      if (times % 2 === 0) request.socket.destroy();
      else response.writeHead(503).end();
      return true;
    };
    expect(await publishAll([await wanted("one")])).toEqual(["published"]);
  });

  it("that refuses one archive takes the others, and what failed is sent by the next run", async () => {
    const all = [await wanted("one"), await wanted("two")];
    let refused = "";
    server.intercept = (request, response) => {
      if (request.method !== "PUT" || !(request.url ?? "").includes("/nar/")) return false;
      refused ||= request.url ?? "";
      if (request.url !== refused) return false;
      response.writeHead(403).end("token canary-123 is\nread-only");
      return true;
    };
    const outcomes = await publishAll(all);
    expect(outcomes.toSorted()[1]).toBe("published");
    expect(outcomes.toSorted()[0]).toContain(
      "answered 403 (token canary-123 is read-only); no credential was sent",
    );
    expect(outcomes.toSorted()[0]).toContain("--netrc-file");
    server.intercept = () => false;
    expect((await publishAll(all)).toSorted()).toEqual(["present", "published"]);
  });
});

it("repeats no page that a cache has for browsers", async () => {
  server.intercept = (_, response) => {
    response.writeHead(401).end("\n<html><head><title>401 Authorization Required</title></head></html>\n");
    return true;
  };
  await expect(publishAll([await wanted("one")])).rejects.toThrow("answered 401; no credential was sent");
});

describe("user and password of a netrc file", () => {
  function netrc(text: string): string {
    const file = join(mkdtempSync(join(tmpdir(), "netrc-")), "netrc");
    writeFileSync(file, text);
    chmodSync(file, 0o600);
    return file;
  }

  it("are sent to their host, and never shown", async () => {
    const credentials = netrcCredentials(
      netrc("machine example.com login x password y\nmachine 127.0.0.1\n  login bob\n  password pw-canary\n"),
    );
    const seen: (string | undefined)[] = [];
    server.intercept = (request, response) => {
      seen.push(request.headers.authorization);
      response.writeHead(401).end(`no: ${request.headers.authorization}`);
      return true;
    };
    const error: unknown = await publishAll([await wanted("one")], credentials).catch(
      (error: unknown) => error,
    );
    expect(seen).toEqual([`Basic ${Buffer.from("bob:pw-canary").toString("base64")}`]);
    expect(error).toHaveProperty(
      "message",
      expect.stringMatching(/answered 401.*a credential from --netrc-file/),
    );
    expect(String(error)).not.toContain(seen[0]?.slice(6));
  });

  it("are for no other host, and not for plain http beyond this machine", async () => {
    const credentials = netrcCredentials(netrc("machine cache.example.com login bob password pw-canary"));
    expect(await credentials.for(new URL("https://other.example.com/x"))).toBeUndefined();
    expect(await credentials.for(new URL("https://cache.example.com/x"))).toMatchObject({ headers: {} });
    await expect(credentials.for(new URL("http://cache.example.com/x"))).rejects.toMatchObject({
      code: "CACHE_PLAIN_HTTP",
    });
  });
});
