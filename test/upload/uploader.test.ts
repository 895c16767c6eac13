import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import type { BinaryCache } from "../../src/cache/cache.js";
import { openFileCache } from "../../src/cache/file-cache.js";
import { openHttpCache } from "../../src/cache/http-cache.js";
import { ANONYMOUS } from "../../src/credentials/credentials.js";
import { UserError } from "../../src/errors.js";
import { verifyCache } from "../../src/publish/verify-cache.js";
import { narInfoKey, parseNarInfo } from "../../src/store/narinfo.js";
import { narOfPath } from "../../src/store/nar-of-path.js";
import { createNix, type Nix } from "../../src/store/nix.js";
import { createBackOff } from "../../src/upload/back-off.js";
import { addEntry, listEntries } from "../../src/upload/spool.js";
import { createWaker } from "../../src/upload/waker.js";
import { runUploader, type UploaderEvent, type UploaderOptions } from "../../src/upload/uploader.js";
import { type CacheServer, startCacheServer } from "../publish/cache-server.js";
import { type TemporaryNix, temporaryNix } from "../store/temporary-nix.js";

let nix: TemporaryNix;
let directory: string;
/** `user` refers to `base`, `other` to nothing. */
let paths: { base: string; user: string; other: string };
let server: CacheServer;
let spool: string;

beforeAll(async () => {
  nix = await temporaryNix();
  directory = mkdtempSync(join(tmpdir(), "uploader-"));
  const expression = `let base = builtins.toFile "base" "base"; in
    { inherit base; user = builtins.toFile "user" "uses \${base}"; other = builtins.toFile "other" "longer than the base"; }`;
  const args = ["--eval", "--strict", "--json", "--read-write-mode", "-E", expression];
  const { stdout } = await nix.run("nix-instantiate", ...args);
  paths = JSON.parse(stdout) as typeof paths; // the expression says so
});
afterAll(async () => {
  await nix.remove();
  rmSync(directory, { recursive: true });
});
beforeEach(async () => {
  server = await startCacheServer();
  spool = mkdtempSync(join(directory, "spool-"));
});
afterEach(() => server.close());

const opened: BinaryCache[] = [];
afterEach(() => Promise.all(opened.splice(0).map((cache) => cache.close())));

/** The server, asked once each time, so that the uploader's own patience is seen. */
function httpCache(): BinaryCache {
  const cache = openHttpCache(new URL(server.url), { credentials: ANONYMOUS, retry: { retries: 0 } });
  opened.push(cache);
  return cache;
}

async function upload(options: Partial<UploaderOptions> = {}) {
  const events: UploaderEvent[] = [];
  const done = await runUploader({
    spool,
    cache: options.cache ?? httpCache(),
    nix: createNix({ env: nix.env }),
    compression: "none",
    until: "empty",
    readNar: (path) => narOfPath(nix.root + path),
    firstPauseMs: 1,
    log: (event) => events.push(event),
    ...options,
  });
  const failures = events.filter((event) => event.event === "failed").length;
  return { ...done, reasons: [...done.failed.values()], failures };
}

/** Paths that the server has whole: with an archive, and with all that they refer to. */
function whole(): string[] {
  return Object.values(paths).filter((path) => isWhole(narInfoKey(path)));
}

function isWhole(key: string): boolean {
  const info = parseNarInfo(server.files.get(`/${key}`)?.toString() ?? "");
  if (info === undefined || !server.files.has(`/${info.url}`)) return false;
  return info.references.every((name) => isWhole(`${name.slice(0, 32)}.narinfo`));
}

test("what could not be sent holds back what refers to it, and nothing else", async () => {
  await addEntry(spool, [paths.user]);
  await addEntry(spool, [paths.other]);
  const size = (await createNix({ env: nix.env }).closure([paths.base]))[0]?.narSize;
  server.intercept = (request, response) => {
    const refused = request.method === "PUT" && Number(request.headers["content-length"]) === size;
    const isArchive = request.url?.startsWith("/nar/") === true;
    if (refused && isArchive) response.writeHead(403).end("not this one");
    return refused && isArchive;
  };
  const first = await upload({ until: "tried" });
  expect(first.reasons).toEqual([expect.objectContaining({ message: expect.stringContaining("403") })]);
  expect([...server.files.keys()]).not.toContain(`/${narInfoKey(paths.user)}`);
  expect(whole()).toEqual([paths.other]);
  expect(await listEntries(spool)).toHaveLength(1);

  server.intercept = () => false;
  expect(await upload()).toMatchObject({ uploaded: 2, reasons: [] });
  expect(whole()).toHaveLength(3);
  expect(await listEntries(spool)).toEqual([]);
});

test("a connection that is cut at any step costs a retry and nothing else", async () => {
  await addEntry(spool, [paths.user]);
  await upload();
  const steps = server.requests.length;
  expect(steps).toBeGreaterThan(8);
  for (let step = 1; step <= steps; step++) {
    server.files.clear();
    await addEntry(spool, [paths.user]);
    let seen = 0;
    server.intercept = (request) => {
      seen += 1;
      if (seen === step) request.socket.destroy();
      return seen === step;
    };
    expect(await upload()).toMatchObject({ failures: 1, reasons: [] });
    expect(whole()).toEqual([paths.base, paths.user]);
  }
});

test.each(["1971-01-01", "2199-12-31"])("a clock that says %s changes nothing", async (date) => {
  vi.useFakeTimers({ toFake: ["Date"], now: new Date(date) });
  try {
    await addEntry(spool, [paths.user]);
    let refusals = 3;
    server.intercept = (_request, response) => {
      if (refusals-- <= 0) return false;
      vi.setSystemTime(new Date("2026-01-01"));
      response.writeHead(503).end();
      return true;
    };
    expect(await upload()).toMatchObject({ uploaded: 2, failures: 3 });
  } finally {
    vi.useRealTimers();
  }
});

test("two uploaders on one queue do each other no harm", async () => {
  const cache = join(directory, "shared");
  mkdirSync(cache);
  for (const path of Object.values(paths)) await addEntry(spool, [path]);
  const done = await Promise.all([1, 2].map(() => upload({ cache: openFileCache(cache) })));
  expect(done).toMatchObject([{ reasons: [] }, { reasons: [] }]);
  expect(await verifyCache({ cache: openFileCache(cache), locked: [] })).toMatchObject({
    sound: 3,
    problems: [],
  });
  expect(readdirSync(cache).filter((name) => name.startsWith("."))).toEqual([]);
});

test("a narinfo that is damaged is written anew", async () => {
  await addEntry(spool, [paths.other]);
  server.files.set(`/${narInfoKey(paths.other)}`, Buffer.from("StorePath: /nix/sto"));
  expect(await upload()).toMatchObject({ uploaded: 1 });
  expect(whole()).toEqual([paths.other]);
});

test("an archive that is promised and missing is sent again", async () => {
  await addEntry(spool, [paths.other]);
  await upload();
  for (const key of server.files.keys()) if (key.startsWith("/nar/")) server.files.delete(key);
  await addEntry(spool, [paths.other]);
  expect(await upload()).toMatchObject({ uploaded: 1 });
  expect(whole()).toEqual([paths.other]);
});

test("what is there is not sent again", async () => {
  await addEntry(spool, [paths.user]);
  await upload();
  server.requests.length = 0;
  await addEntry(spool, [paths.user]);
  expect(await upload()).toMatchObject({ uploaded: 0 });
  expect(server.requests.filter((request) => request.startsWith("PUT"))).toEqual([]);
});

test("the cache of another store is left alone", async () => {
  await addEntry(spool, [paths.other]);
  server.files.set("/nix-cache-info", Buffer.from("StoreDir: /opt/store\n"));
  expect(await upload({ until: "tried" })).toMatchObject({ reasons: [{ code: "CACHE_OTHER_STORE" }] });
  expect([...server.files.keys()]).toEqual(["/nix-cache-info"]);
  expect(await listEntries(spool)).toHaveLength(1);
});

test.each([
  ["there is no Nix", { PATH: "/nonexistent" }, "NIX_MISSING"],
  ["the daemon is down", { NIX_REMOTE: "unix:///nonexistent/socket" }, "NIX_FAILED"],
])("when %s, everything stays in the queue", async (_what, env, code) => {
  await addEntry(spool, [paths.other]);
  const without = createNix({ env: { ...nix.env, ...env } });
  expect(await upload({ until: "tried", nix: without })).toMatchObject({ reasons: [{ code }] });
  expect(await listEntries(spool)).toHaveLength(1);
});

test("an entry that Nix cannot tell about holds no other back, and what is dropped is told once", async () => {
  await addEntry(spool, [paths.user]);
  await addEntry(spool, [paths.other]);
  writeFileSync(join(spool, "README"), "what is this?");
  const real = createNix({ env: nix.env });
  const failing: Nix = {
    ...real,
    async closure(asked, signal) {
      if (asked.includes(paths.user)) throw new UserError("NIX_FAILED", "no such path");
      return real.closure(asked, signal);
    },
  };
  const done = await upload({ until: "tried", nix: failing });
  expect(done).toMatchObject({ uploaded: 1, dropped: 1, reasons: [{ code: "NIX_FAILED" }] });
  expect(whole()).toEqual([paths.other]);
  expect(await listEntries(spool)).toHaveLength(1);
});

test("one that is stopped finishes no archive first", async () => {
  await addEntry(spool, [paths.other]);
  const stop = new AbortController();
  let chunks = 0;
  const readNar = async function* () {
    for (; chunks < 1000; chunks++) {
      stop.abort();
      await setImmediate();
      yield Buffer.alloc(1024);
    }
  };
  expect(await upload({ until: "stopped", signal: stop.signal, readNar })).toMatchObject({ failures: 0 });
  expect(chunks).toBeLessThan(10);
});

test.each([
  ["README", "what is this?"],
  ["added.1", `/nix/store/${"e".repeat(32)}-no-digit-of-nix\n`],
  [`${"e".repeat(32)}-no-digit-of-nix.drv.1`, ""],
])("an entry %s that means nothing is dropped", async (name, text) => {
  writeFileSync(join(spool, name), text);
  expect(await upload({ until: "tried" })).toMatchObject({ dropped: 1, reasons: [] });
  expect(await listEntries(spool)).toEqual([]);
});

test("a running uploader takes what comes later, and stops when it is told", async () => {
  const stop = new AbortController();
  const running = upload({ until: "stopped", signal: stop.signal });
  await vi.waitFor(() => expect(readdirSync(spool)).toContain(".uploader.json"));
  await addEntry(spool, [paths.user]);
  await vi.waitFor(async () => expect(await listEntries(spool)).toEqual([]), { timeout: 20_000 });
  stop.abort();
  expect(await running).toMatchObject({ uploaded: 2 });
});

test("where the system can watch no directory, one looks again after a while", async () => {
  const waker = createWaker("/nonexistent");
  await waker.wait(1, undefined);
  waker.close();
});

test("pauses double up to ten minutes; what failed is tried alone, after all that did not", () => {
  let time = 0;
  const backOff = createBackOff({ firstPauseMs: 1000, giveUp: false, now: () => time });
  const pauses = Array.from({ length: 12 }, () => (backOff.failed("bad", "reason") ?? 0) / 1000);
  for (const [index, pause] of pauses.entries()) {
    const expected = Math.min(2 ** index, 600);
    expect(pause).toBeGreaterThanOrEqual(0.75 * expected);
    expect(pause).toBeLessThanOrEqual(1.25 * expected);
  }
  backOff.failed("worse", "reason");
  const names = ["bad", "worse", "new", "newer"];
  time = 800_000;
  expect(backOff.due(names, 10)).toEqual(["new", "newer"]);
  expect(backOff.due(["bad", "worse"], 10)).toEqual(["bad"]);
  backOff.keep(["worse"]);
  expect([...backOff.failures().keys()]).toEqual(["worse"]);
});
