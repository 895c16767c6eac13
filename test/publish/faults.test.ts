/** What `publish` makes of a cache that refuses, breaks off or is full, at each of its steps. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync } from "node:fs";
import { rm } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { BinaryCache } from "../../src/cache/cache.js";
import { openFileCache } from "../../src/cache/file-cache.js";
import { openHttpCache } from "../../src/cache/http-cache.js";
import { ANONYMOUS } from "../../src/credentials/credentials.js";
import type { UserError } from "../../src/errors.js";
import type { LockedEntry } from "../../src/lock/entry.js";
import { publish } from "../../src/publish/publish.js";
import { verifyCache } from "../../src/publish/verify-cache.js";
import { startUpstream, type Upstream } from "../hash/upstream.js";
import { sampleBytes } from "../store/samples.js";
import { type CacheServer, startCacheServer } from "./cache-server.js";
import { makeVariantOf } from "../make/lock.js";

let upstream: Upstream;
let temporary: string;
beforeEach(async () => {
  upstream = await startUpstream();
  temporary = mkdtempSync(join(tmpdir(), "publish-"));
  vi.stubEnv("TMPDIR", temporary);
});
afterEach(async () => {
  await upstream.close();
  expect(readdirSync(temporary), "temporary files are left").toEqual([]);
  await rm(temporary, { recursive: true });
});

async function wanted(artifact: string, size = 10_000): Promise<LockedEntry> {
  const bytes = sampleBytes(size, artifact);
  const variant = await makeVariantOf({ url: upstream.serve(`/${artifact}`, bytes), bytes, name: artifact });
  return { artifact, system: "any", variant };
}

interface Ended {
  readonly statuses: readonly string[];
  readonly errors: readonly UserError[];
}

/** A run that ends with the error of the cache as a whole has no statuses. */
/** @param jobs 1 where one is to have the place that the other left */
async function publishInto(cache: BinaryCache, all: readonly LockedEntry[], jobs = 4): Promise<Ended> {
  try {
    const outcomes = await publish(all, { gitlab: upstream.gitlab, cache, compression: "zstd", jobs });
    const errors = outcomes.flatMap((one) => (one.status === "failed" ? [one.error] : []));
    return { statuses: outcomes.map(({ status }) => status), errors };
  } catch (error) {
    return { statuses: [], errors: [error as UserError] }; // the tests look at what it is
  }
}

describe("over HTTP", () => {
  let server: CacheServer;
  let cache: BinaryCache;
  beforeEach(async () => {
    server = await startCacheServer();
    cache = openHttpCache(new URL(server.url), {
      credentials: ANONYMOUS,
      retry: { retries: 1, firstPauseMs: 1 },
    });
  });
  afterEach(async () => {
    await cache.close();
    await server.close();
  });

  /** The requests of a run in their order; the first two are for the cache, the others for each artifact. */
  const STEPS = [
    ["GET", "/nix-cache-info"],
    ["PUT", "/nix-cache-info"],
    ["GET", ".narinfo"],
    ["HEAD", ".nar.zst"],
    ["PUT", ".nar.zst"],
    ["PUT", ".narinfo"],
  ] as const;

  const refuse = (status: number) => (_: IncomingMessage, response: ServerResponse) =>
    void response.writeHead(status).end();
  const FAULTS = [
    ["401", refuse(401), { code: "CACHE_REFUSED", hint: /--netrc-file/ }],
    ["403", refuse(403), { code: "CACHE_REFUSED", hint: /--netrc-file/ }],
    ["507", refuse(507), { code: "CACHE_REFUSED", hint: /no room/ }],
    [
      "a cut connection",
      (request: IncomingMessage) => void request.socket.destroy(),
      { code: "CACHE_UNREACHABLE", hint: /run the command again/ },
    ],
    [
      "an answer that breaks off",
      (_: IncomingMessage, response: ServerResponse) => {
        response.writeHead(200, { "content-length": 1000 });
        response.write("StoreDir:", () => response.destroy());
      },
      { code: "CACHE_UNREACHABLE", hint: /run the command again/ },
    ],
  ] as const;

  // The head of an answer without a body cannot break off.
  const rows = STEPS.flatMap(([method, end]) =>
    FAULTS.filter(([fault]) => method !== "HEAD" || !fault.includes("breaks off")).map(
      ([fault, answer, expected]) => ({ method, end, fault, answer, expected }),
    ),
  );

  it.each(rows)("$fault at $method $end", async ({ method, end, answer, expected }) => {
    const all = [await wanted("one"), await wanted("two")];
    let hit: string | undefined;
    server.intercept = (request, response) => {
      const url = request.url ?? "";
      if (request.method !== method || !url.endsWith(end)) return false;
      hit ??= url;
      if (url !== hit) return false;
      answer(request, response);
      return true;
    };

    const { statuses, errors } = await publishInto(cache, all);
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatchObject({
      code: expected.code,
      exitCode: 1,
      message: expect.stringContaining(server.url),
      hint: expect.stringMatching(expected.hint),
    });
    expect(statuses.toSorted()).toEqual(end === "/nix-cache-info" ? [] : ["failed", "published"]);
    expectEveryPromiseKept();

    server.intercept = () => false;
    expect((await publishInto(cache, all)).errors).toEqual([]);
    expect(await verifyCache({ cache, locked: all })).toMatchObject({ sound: 2, problems: [] });
  });

  function expectEveryPromiseKept(): void {
    for (const [path, text] of server.files) {
      const [, archive = ""] = /^URL: (.*)$/m.exec(path.endsWith(".narinfo") ? text.toString() : "") ?? [];
      if (archive !== "") expect([...server.files.keys()]).toContain(`/${archive}`);
    }
  }

  it("a full temporary directory fails what does not fit, names it, and publishes the rest", async () => {
    await onDisk("size=128k", async (disk) => {
      vi.stubEnv("TMPDIR", disk);
      const all = [await wanted("big", 400_000), await wanted("a")];
      const { statuses, errors } = await publishInto(cache, all, 1);
      expect(statuses).toEqual(["failed", "published"]);
      expect(errors).toMatchObject([{ code: "CANNOT_WRITE", hint: expect.stringContaining("TMPDIR") }]);
      expect(readdirSync(disk)).toEqual([]);
    });
    vi.stubEnv("TMPDIR", temporary);
  });
});

describe("into a directory", () => {
  it("without room, fails what does not fit, publishes the rest and leaves no pieces", () =>
    onDisk("size=128k", async (disk) => {
      const [big, small] = [await wanted("big", 400_000), await wanted("small")];
      const cache = openFileCache(disk);
      const { statuses, errors } = await publishInto(cache, [big, small], 1);
      expect(statuses).toEqual(["failed", "published"]);
      expect(errors).toMatchObject([
        {
          code: "CANNOT_WRITE",
          message: expect.stringContaining("ENOSPC"),
          hint: expect.stringMatching(/space/),
        },
      ]);
      expect(await verifyCache({ cache, locked: [small] })).toEqual({ sound: 1, orphans: [], problems: [] });
      expect(readdirSync(disk).filter((name) => name.startsWith("."))).toEqual([]);
    }));

  it("that is read-only, says so and asks GitLab for nothing", () =>
    onDisk("ro", async (disk) => {
      const { statuses, errors } = await publishInto(openFileCache(disk), [await wanted("one")]);
      expect(statuses).toEqual([]);
      expect(errors).toMatchObject([{ exitCode: 1, message: expect.stringMatching(/EROFS/) }]);
      expect(errors[0]).toHaveProperty("hint", expect.stringContaining(disk));
      expect(upstream.requests).toEqual([]);
    }));
});

async function onDisk(options: string, use: (directory: string) => Promise<void>): Promise<void> {
  const directory = mkdtempSync("/tmp/disk-");
  execFileSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", directory]);
  try {
    await use(directory);
  } finally {
    execFileSync("umount", [directory]);
    await rm(directory, { recursive: true });
  }
}
