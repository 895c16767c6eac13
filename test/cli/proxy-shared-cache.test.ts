/** Two proxies, each a process of its own, with one directory for their caches. */
import type { ChildProcess } from "node:child_process";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { request } from "undici";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { fodPath } from "../../src/generate/fod-path.js";
import { printLock } from "../../src/lock/write.js";
import { type Upstream, startUpstream } from "../hash/upstream.js";
import { makeArtifact, makeLock, makeVariantOf } from "../make/lock.js";
import { sampleBytes } from "../store/samples.js";
import { type ProxyProcess, endAll, startProxyProcess } from "./start-proxy.js";

/** More than the buffers of two sockets take by themselves. */
const SIZE = 16 * 2 ** 20;
const BYTES = { first: sampleBytes(SIZE, "first"), second: sampleBytes(SIZE, "second") };

let directory: string;
let upstream: Upstream;
let paths: Record<keyof typeof BYTES, string>;
const children: ChildProcess[] = [];
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "nix-artifacts-two-"));
  upstream = await startUpstream();
  const [first, second] = [await lock("first", 12), await lock("second", 13)];
  const locks = makeLock({ first: artifactOf(first), second: artifactOf(second) });
  await writeFile(join(directory, "artifacts.lock.json"), printLock(locks));
  paths = { first: fodPath(upstream.url, first), second: fodPath(upstream.url, second) };
});
afterEach(async () => {
  await endAll(children);
  await upstream.close();
  await rm(directory, { recursive: true });
});

function lock(name: keyof typeof BYTES, job: number) {
  const url = upstream.serve(`/api/v4/projects/7/jobs/${job}/artifacts/tool.bin`, BYTES[name]);
  return makeVariantOf({ url, bytes: BYTES[name], job });
}

function artifactOf(variant: Awaited<ReturnType<typeof makeVariantOf>>) {
  return makeArtifact({ gitlab: upstream.url, systems: { any: variant } });
}

/** @param size of the cache, as far as this process lets it grow */
function start(size: string): Promise<ProxyProcess> {
  const args = ["--listen", "127.0.0.1:0", "--cache", "cache", "--cache-size", size];
  return startProxyProcess(args, { cwd: directory, children });
}

async function isRight({ url }: ProxyProcess, name: keyof typeof BYTES): Promise<boolean> {
  const { body } = await request(url + paths[name]);
  return Buffer.from(await body.arrayBuffer()).equals(BYTES[name]);
}

function inCache(): Promise<string[]> {
  return readdir(join(directory, "cache/content"));
}

it("ask for the same artifact at once, and both serve it; what one has, the other need not download", async () => {
  const [one, other] = await Promise.all([start("1G"), start("1G")]);
  const answers = [one, other, one, other].map((proxy) => isRight(proxy, "first"));
  expect(await Promise.all(answers)).toEqual([true, true, true, true]);
  await vi.waitFor(async () => expect(await inCache()).toHaveLength(1));
  expect(await isRight(one, "second")).toBe(true);
  await vi.waitFor(async () => expect(await inCache()).toHaveLength(2));
  upstream.requests.length = 0;
  expect(await isRight(other, "second")).toBe(true);
  expect(upstream.requests).toEqual([]);
});

it("one removes what the other is sending, and the answer is whole all the same", async () => {
  const one = await start("1G");
  expect(await isRight(one, "first")).toBe(true);
  await vi.waitFor(async () => expect(await inCache()).toHaveLength(1));
  const other = await start("24M");
  const slow = await request(one.url + paths.first);
  const chunks = slow.body[Symbol.asyncIterator]();
  const read: Buffer[] = [(await chunks.next()).value];
  const [removed] = await inCache();
  expect(await isRight(other, "second")).toBe(true);
  await vi.waitFor(async () => expect(await inCache()).not.toContain(removed));
  for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) read.push(next.value);
  expect(Buffer.concat(read).equals(BYTES.first)).toBe(true);
  expect(await isRight(one, "first")).toBe(true);
});
