/** What a caller notices, and what GitLab gets, when GitLab is slow to say yes: the client as it is, before an instance with faults. */
import { createServer } from "node:http";
import { mkdtemp, rm } from "node:fs/promises";
import { type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { buffer } from "node:stream/consumers";
import { afterEach, beforeEach, expect, it } from "vitest";
import { ANONYMOUS } from "../../src/credentials/credentials.js";
import { fodPath } from "../../src/generate/fod-path.js";
import { createGitLab } from "../../src/gitlab/client.js";
import type { GitLab } from "../../src/gitlab/gitlab.js";
import { EMPTY_LOCK, type Lock } from "../../src/lock/schema.js";
import { type Cache, openCache } from "../../src/proxy/cache/cache.js";
import { type Proxy, startProxy } from "../../src/proxy/proxy.js";
import { type EmbeddedGitLab, startGitLab } from "../../src/simulator/simulator.js";
import { sampleBytes } from "../store/samples.js";
import { ask } from "./running-proxy.js";
import { type Locked, makeArtifact, makeVariantOf } from "../make/lock.js";

const CREATED = "2026-11-01T00:00:00Z";

let gitlab: EmbeddedGitLab;
let now: Date;
let client: GitLab;
let lock: Lock;
let cache: Cache;
let proxy: Proxy;
let directory: string;
/** Called when a download has begun. */
let begun: () => void;
/** What the proxy says of answers that failed. */
let failures: unknown[];

beforeEach(async () => {
  now = new Date("2026-11-20T12:00:00Z");
  gitlab = await startGitLab({ now: () => now, knobs: { presignTtlSeconds: 60 } });
  gitlab.addProject({ path: "g/tool", visibility: "public" });
  client = createGitLab({ credentials: ANONYMOUS, retry: { retries: 2, firstPauseMs: 0 } });
  lock = EMPTY_LOCK;
  begun = () => {};
  failures = [];
  directory = await mkdtemp(join(tmpdir(), "nix-artifacts-manners-"));
  cache = await openCache({ directory, maxBytes: 2 ** 30, log: () => {} });
  proxy = await startProxy({
    listeners: [{ host: "127.0.0.1", port: 0 }],
    locks: () => [lock],
    cache,
    gitlab: {
      ...client,
      async download(...request) {
        const download = await client.download(...request);
        begun();
        return download;
      },
    },
    log: ({ event, error }) => event === "failed" && failures.push(error),
  });
});
afterEach(async () => {
  await proxy.close(0);
  cache.close();
  await client.close();
  await gitlab.close();
  await rm(directory, { recursive: true });
});

/** Locks bytes; gives their path on the proxy. */
async function add(artifact: string, locked: Locked): Promise<string> {
  const variant = await makeVariantOf(locked);
  const entry = makeArtifact({ gitlab: gitlab.url, systems: { any: variant } });
  lock = { ...lock, artifacts: { ...lock.artifacts, [artifact]: entry } };
  return fodPath(gitlab.url, variant);
}

/** Makes a job with an archive that holds a file, and locks the archive. */
async function addArchive(artifact: string, size: number): Promise<{ path: string; bytes: Buffer }> {
  const { id } = gitlab.addPipeline("g/tool", { ref: "main", createdAt: CREATED });
  const artifacts = { files: { [artifact]: { size, seed: id } } };
  const job = gitlab.addJob("g/tool", id, { name: "build", createdAt: CREATED, artifacts });
  const url = `${gitlab.url}/api/v4/projects/1/jobs/${job.id}/artifacts`;
  const bytes = await buffer((await client.download(url)).body);
  return { path: await add(artifact, { url, bytes, job: job.id }), bytes };
}

function get(path: string) {
  return ask(proxy.urls[0] ?? "", path);
}

it("too many requests and failures that pass are waited out, and nobody notices", async () => {
  const { path, bytes } = await addArchive("tool", 1000);
  gitlab.fault({ path: "/artifacts", kind: "rate-limited", shape: "rack", retryAfter: 1, times: 1 });
  gitlab.fault({ path: "/artifacts", kind: "bad-gateway", times: 1 });
  const before = gitlab.requests.length;
  const answer = await get(path);
  expect(answer.status).toBe(200);
  expect(answer.body.equals(bytes)).toBe(true);
  expect(gitlab.requests.slice(before).map(({ status }) => status)).toEqual([429, 502, 302]);
});

it("too many requests that stay are told as 503, and the next caller is not kept from asking", async () => {
  const { path } = await addArchive("tool", 1000);
  gitlab.fault({ path: "/artifacts", kind: "rate-limited", shape: "application" });
  for (let request = 0; request < 4; request++) expect((await get(path)).status).toBe(503);
  gitlab.clearFaults();
  expect((await get(path)).status).toBe(200);
});

it("one artifact at which GitLab fails keeps nobody from the others", async () => {
  const [broken, fine] = [await addArchive("broken", 1000), await addArchive("fine", 1000)];
  const [, job = ""] = /\/7\/(\d+)\//.exec(broken.path) ?? [];
  gitlab.fault({ path: `/jobs/${job}/artifacts`, kind: "answer", status: 500, body: "{}" });
  for (let request = 0; request < 4; request++) expect((await get(broken.path)).status).toBe(502);
  expect((await get(fine.path)).body.equals(fine.bytes)).toBe(true);
});

it("a GitLab that is down is left alone, and what is cached is served all the time", async () => {
  const [cached, missing] = [await addArchive("cached", 1000), await addArchive("missing", 1000)];
  expect((await get(cached.path)).status).toBe(200);
  gitlab.fault({ path: "/", kind: "reset" });
  for (let request = 0; request < 3; request++) expect((await get(missing.path)).status).toBe(502);
  const before = gitlab.requests.length;
  const { status, body } = await get(missing.path);
  expect(status).toBe(503);
  expect(body.toString()).toContain("has failed several times in a row");
  const answer = await get(cached.path);
  expect(answer.status).toBe(200);
  expect(answer.body.equals(cached.bytes)).toBe(true);
  expect(gitlab.requests.length).toBe(before);
});

it("a link of the storage that expires in mid-download is renewed, and the answer goes on", async () => {
  const { path, bytes } = await addArchive("big", 4_000_000);
  gitlab.fault({ path: "/artifacts", kind: "reset", afterBytes: 1_000_000, times: 1 });
  begun = () => (now = new Date("2026-11-20T12:05:00Z"));
  const links = gitlab.requests.length;
  const answer = await get(path);
  expect({ complete: answer.complete, failures }).toEqual({ complete: true, failures: [] });
  expect(answer.body.equals(bytes)).toBe(true);
  expect(gitlab.requests.length - links).toBe(2);
});

it("two hundred artifacts at once take 96 connections at most, which are used again", async () => {
  let [connections, open, most] = [0, 0, 0];
  let requests = 0;
  const bytes = (path = "") => sampleBytes(1000, path);
  const server = createServer(async ({ url }, response) => {
    requests++;
    await sleep(250); // all that can come at once do
    response.end(bytes(url));
  });
  // As nginx has it. Node's five seconds are over before a busy machine has come to use a connection again.
  server.keepAliveTimeout = 75_000;
  server.on("connection", (socket) => {
    connections++;
    most = Math.max(most, ++open);
    socket.once("close", () => open--);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    const { port } = server.address() as AddressInfo; // listens on TCP
    const paths: string[] = [];
    for (let number = 0; number < 200; number++) {
      const url = `http://127.0.0.1:${port}/${number}`;
      paths.push(await add(`tool-${number}`, { url, bytes: bytes(`/${number}`) }));
    }
    const statuses = (await Promise.all(paths.map(get))).map(({ status }) => status);
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect(requests).toBe(200);
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(96);
    expect(connections).toBeLessThan(requests);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
