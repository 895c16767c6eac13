import { existsSync } from "node:fs";
import { mkdtemp, readFile, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { openFileCache } from "../../src/cache/file-cache.js";
import { publish } from "../../src/publish/publish.js";
import { type FetchOutcome, fetchIntoStore } from "../../src/fetch/fetch.js";
import type { LockedEntry } from "../../src/lock/entry.js";
import { type Nix, createNix } from "../../src/store/nix.js";
import { type Upstream, startUpstream } from "../hash/upstream.js";
import { sampleBytes } from "../store/samples.js";
import { type TemporaryNix, temporaryNix } from "../store/temporary-nix.js";
import { type Locked, makeVariantOf } from "../make/lock.js";

let store: TemporaryNix;
let nix: Nix;
let upstream: Upstream;
let temporary: string;
beforeEach(async () => {
  store = await temporaryNix();
  nix = createNix({ env: store.env });
  upstream = await startUpstream();
  temporary = await mkdtemp(join(tmpdir(), "nix-artifacts-test-"));
  vi.stubEnv("TMPDIR", temporary);
});
afterEach(async () => {
  expect(await readdir(temporary), "temporary files are left").toEqual([]);
  await upstream.close();
  await store.remove();
  await rm(temporary, { recursive: true });
});

/** A locked variant whose bytes the upstream serves, unless `served` are others. */
async function wanted(
  artifact: string,
  locked: Partial<Locked> = {},
  served?: Uint8Array,
): Promise<LockedEntry> {
  const bytes = locked.bytes ?? sampleBytes(10_000, artifact);
  const url = upstream.serve(`/${artifact}`, served ?? bytes);
  return { artifact, system: "any", variant: await makeVariantOf({ url, bytes, ...locked }) };
}

function statuses(outcomes: readonly FetchOutcome[]): string[] {
  return outcomes.map(({ artifact, status }) => `${artifact} ${status}`);
}

function fileOf({ variant }: LockedEntry): string {
  return join(store.root, variant.storePath);
}

/** Also what Nix had begun and would not count. */
async function storeEntries(): Promise<string[]> {
  return (await readdir(join(store.root, "nix/store"))).filter((name) => name !== ".links");
}

describe("fetchIntoStore", () => {
  it("puts files and executables into the store, as the lock says", async () => {
    const file = await wanted("file");
    const empty = await wanted("empty", { bytes: Buffer.alloc(0), name: "empty" });
    const program = await wanted("program", { form: "executable", name: "program" });
    const big = await wanted("big", { bytes: sampleBytes(9_000_001, "big"), name: "big" });
    const outcomes = await fetchIntoStore([file, empty, program, big], { gitlab: upstream.gitlab, nix });
    expect(statuses(outcomes)).toEqual(["file added", "empty added", "program added", "big added"]);
    expect(await readFile(fileOf(file))).toEqual(sampleBytes(10_000, "file"));
    expect((await stat(fileOf(file))).mode & 0o111).toBe(0);
    expect((await stat(fileOf(program))).mode & 0o111).toBe(0o111);
    expect(await nix.missing([file, empty, program, big].map(({ variant }) => variant.storePath))).toEqual(
      new Set(),
    );
  });

  it("downloads nothing that the store already has", async () => {
    const one = await wanted("one");
    await fetchIntoStore([one], { gitlab: upstream.gitlab, nix });
    upstream.requests.length = 0;
    const outcomes = await fetchIntoStore([one], { gitlab: upstream.gitlab, nix });
    expect(statuses(outcomes)).toEqual(["one present"]);
    expect(upstream.requests).toEqual([]);
  });

  it("downloads once what two variants share", async () => {
    const one = await wanted("one");
    const outcomes = await fetchIntoStore([one, { ...one, system: "x86_64-linux" }], {
      gitlab: upstream.gitlab,
      nix,
    });
    expect(statuses(outcomes)).toEqual(["one added", "one added"]);
    expect(upstream.requests).toEqual(["/one"]);
  });

  it("starts no more Nixes than it downloads at a time", async () => {
    const many = await Promise.all(Array.from({ length: 60 }, (_, index) => wanted(`tool-${index}`)));
    const daemon = vi.fn(nix.daemon);
    const outcomes = await fetchIntoStore(many, {
      gitlab: upstream.gitlab,
      nix: { ...nix, daemon },
      jobs: 3,
    });
    expect(outcomes.every(({ status }) => status === "added")).toBe(true);
    expect(daemon.mock.calls.length).toBeLessThanOrEqual(3);
  });

  it("works where only Nix's programs reach the store", async () => {
    const file = await wanted("file");
    const program = await wanted("program", { form: "executable", name: "program" });
    const changed = await wanted("changed", { name: "changed" }, sampleBytes(10_000, "evil"));
    const access = async () => ({ kind: "other" }) as const;
    const outcomes = await fetchIntoStore([file, program, changed], {
      gitlab: upstream.gitlab,
      nix: { ...nix, access },
    });
    expect(statuses(outcomes)).toEqual(["file added", "program added", "changed failed"]);
    expect(await readFile(fileOf(file))).toEqual(sampleBytes(10_000, "file"));
    expect((await stat(fileOf(program))).mode & 0o111).toBe(0o111);
    expect(await storeEntries()).toHaveLength(2);
  });

  it.each([
    ["of another size", Buffer.from("short"), "expected 10000 bytes, got 5"],
    ["of the same size", sampleBytes(10_000, "evil"), "expected sha256-"],
  ])("adds nothing when the job has other bytes, %s, and names them", async (_, served, difference) => {
    const changed = await wanted("changed", {}, served);
    const good = await wanted("good");
    const [outcome, other] = await fetchIntoStore([changed, good], { gitlab: upstream.gitlab, nix });
    expect(outcome).toMatchObject({ status: "failed", error: { code: "OTHER_BYTES" } });
    expect(outcome).toHaveProperty(
      "error.message",
      expect.stringContaining("changed: same job id, other bytes"),
    );
    expect(outcome).toHaveProperty("error.message", expect.stringContaining("job 12 of g/tool"));
    expect(outcome).toHaveProperty("error.message", expect.stringContaining(difference));
    expect(other).toMatchObject({ status: "added" });
    expect(existsSync(fileOf(changed))).toBe(false);
    expect(await storeEntries()).toEqual([good.variant.storePath.replace("/nix/store/", "")]);
  });

  it("downloads nothing for a lock that contradicts itself", async () => {
    const one = await wanted("one");
    const two = await wanted("two");
    const mixed = { ...one, variant: { ...one.variant, storePath: two.variant.storePath } };
    const [outcome] = await fetchIntoStore([mixed], { gitlab: upstream.gitlab, nix });
    expect(outcome).toMatchObject({ status: "failed", error: { code: "LOCK_CONTRADICTION" } });
    expect(upstream.requests).toEqual([]);
  });

  it("runs no more downloads at a time than it was told", async () => {
    const most = { now: 0, ever: 0 };
    const bytes = sampleBytes(100, "slow");
    const all = await Promise.all(
      Array.from({ length: 12 }, async (_, index) => {
        const url = upstream.serve(`/slow/${index}`, (_, response) => {
          most.ever = Math.max(most.ever, ++most.now);
          setTimeout(() => {
            most.now--;
            response.writeHead(200, { "content-length": bytes.length }).end(bytes);
          }, 10);
        });
        const variant = await makeVariantOf({ url, bytes, name: `slow-${index}` });
        return { artifact: `slow-${index}`, system: "any", variant };
      }),
    );
    await fetchIntoStore(all, { gitlab: upstream.gitlab, nix, jobs: 3 });
    expect(most.ever).toBe(3);
  });

  it("reports every outcome when it is known", async () => {
    const onProgress = vi.fn();
    const all = [await wanted("one"), await wanted("two", {}, Buffer.from("other"))];
    const outcomes = await fetchIntoStore(all, { gitlab: upstream.gitlab, nix, onProgress });
    expect(onProgress.mock.calls.flat()).toEqual(expect.arrayContaining(outcomes));
    expect(onProgress).toHaveBeenCalledTimes(2);
  });

  it("stops when it is told to and closes every download", async () => {
    const bytes = sampleBytes(100_000, "stuck");
    const controller = new AbortController();
    const url = upstream.serve("/stuck", (_, response) => {
      response.writeHead(200, { "content-length": bytes.length });
      response.write(bytes.subarray(0, 50_000), () => controller.abort());
    });
    const stuck = { artifact: "stuck", system: "any", variant: await makeVariantOf({ url, bytes }) };
    const fetching = fetchIntoStore([stuck], { gitlab: upstream.gitlab, nix, signal: controller.signal });
    await expect(fetching).rejects.toThrow("aborted");
    await vi.waitFor(() => expect(upstream.open()).toBe(0));
  });

  it("asks substituters first when it is told to, and GitLab for the rest", async () => {
    const [cached, uncached] = [await wanted("cached"), await wanted("uncached", { name: "other.bin" })];
    const cacheFolder = join(store.root, "cache");
    await publish([cached], {
      gitlab: upstream.gitlab,
      cache: openFileCache(cacheFolder),
      compression: "none",
    });
    upstream.requests.length = 0;
    const env = {
      ...store.env,
      NIX_CONFIG: `${store.env["NIX_CONFIG"]}substituters = file://${cacheFolder}\n`,
    };
    const substituting = createNix({ env });
    const outcomes = await fetchIntoStore([uncached, cached], {
      gitlab: upstream.gitlab,
      nix: substituting,
      substitute: true,
    });
    expect(statuses(outcomes)).toEqual(["uncached added", "cached substituted"]);
    expect(upstream.requests).toEqual(["/uncached"]);
    expect(await readFile(fileOf(cached))).toEqual(sampleBytes(10_000, "cached"));
  });

  it("says at once when there is no Nix", async () => {
    const one = await wanted("one");
    const fetching = fetchIntoStore([one], {
      gitlab: upstream.gitlab,
      nix: createNix({ env: { PATH: "" } }),
    });
    await expect(fetching).rejects.toMatchObject({ code: "NIX_MISSING" });
    expect(upstream.requests).toEqual([]);
  });
});
