import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync } from "node:fs";
import { readdir, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { BinaryCache } from "../../src/cache/cache.js";
import { openFileCache } from "../../src/cache/file-cache.js";
import type { LockedEntry } from "../../src/lock/entry.js";
import { type Compression } from "../../src/publish/compression.js";
import { publish } from "../../src/publish/publish.js";
import { verifyCache } from "../../src/publish/verify-cache.js";
import { narInfoKey, parseNarInfo, printNarInfo } from "../../src/store/narinfo.js";
import { formatSri } from "../../src/store/sri.js";
import { startUpstream, type Upstream } from "../hash/upstream.js";
import { sampleBytes } from "../store/samples.js";
import { temporaryNix } from "../store/temporary-nix.js";
import { makeVariantOf } from "../make/lock.js";

let upstream: Upstream;
let root: string;
let cache: BinaryCache;
let one: LockedEntry;
beforeEach(async () => {
  upstream = await startUpstream();
  root = mkdtempSync(join(tmpdir(), "cache-"));
  cache = openFileCache(root);
  one = await published("one", "zstd");
});
afterEach(async () => {
  await upstream.close();
  await rm(root, { recursive: true });
});

async function published(artifact: string, compression: Compression, size = 10_000): Promise<LockedEntry> {
  const bytes = sampleBytes(size, artifact);
  const url = upstream.serve(`/${artifact}`, bytes);
  const wanted = { artifact, system: "any", variant: await makeVariantOf({ url, bytes, name: artifact }) };
  await publish([wanted], { gitlab: upstream.gitlab, cache, compression });
  return wanted;
}

function narInfoFile({ variant }: LockedEntry): string {
  return join(root, narInfoKey(variant.storePath));
}

function archive(wanted: LockedEntry): string {
  return join(root, /^URL: (.*)$/m.exec(readFileSync(narInfoFile(wanted), "utf8"))?.[1] ?? "");
}

async function problems(locked: readonly LockedEntry[]): Promise<string[]> {
  const verified = await verifyCache({ cache, locked });
  return verified.problems.map(({ code, message }) => `${code} ${message}`);
}

/** The program that makes each compression, and what Nix calls it. */
const COMPRESSORS = { zstd: "zstd", xz: "xz", bzip2: "bzip2", gzip: "gzip", none: "cat" };

/** Replaces the archive of `one`, and makes its `.narinfo` promise the stored bytes. */
async function storeAnew(compression: keyof typeof COMPRESSORS, nar: Buffer): Promise<void> {
  const stored = execFileSync(COMPRESSORS[compression], { input: nar, maxBuffer: 2 ** 26 });
  await writeStored(stored, compression);
}

async function writeStored(stored: Buffer, compression: string): Promise<void> {
  await writeFile(archive(one), stored);
  const info = parseNarInfo(readFileSync(narInfoFile(one), "utf8"));
  if (info === undefined) throw new Error("publish writes what can be read");
  const file = { hash: formatSri(createHash("sha256").update(stored).digest()), size: stored.length };
  await writeFile(narInfoFile(one), printNarInfo({ ...info, compression, file }));
}

function narOfOne(): Buffer {
  return execFileSync("zstd", ["--decompress", "--stdout", archive(one)]);
}

describe.each(Object.keys(COMPRESSORS) as (keyof typeof COMPRESSORS)[])(
  "an archive compressed with %s",
  (compression) => {
    it("is sound when it holds the NAR", async () => {
      await storeAnew(compression, narOfOne());
      expect(await problems([one])).toEqual([]);
    });

    it.each([
      ["another NAR", (nar: Buffer) => nar.reverse(), /^CACHE_MISMATCH one .*has the hash sha256-/],
      ["half a NAR", (nar: Buffer) => nar.subarray(0, 5000), /^CACHE_TRUNCATED one .*has 5000 bytes/],
      [
        "more than the NAR",
        (nar: Buffer) => Buffer.concat([nar, Buffer.alloc(2 ** 18)]),
        /^CACHE_MISMATCH one .*has more/,
      ],
    ])("is found when its hash is right and it holds %s", async (_, change, expected) => {
      await storeAnew(compression, change(narOfOne()));
      expect(await problems([one])).toEqual([expect.stringMatching(expected)]);
    });
  },
);

it("finds what is not compressed as its .narinfo says", async () => {
  await writeStored(sampleBytes(1000, "noise"), "xz");
  expect(await problems([one])).toEqual([
    expect.stringMatching(/^CACHE_DAMAGED one .*cannot be decompressed as xz/),
  ]);
});

it("finds damage in the last of many frames", async () => {
  one = await published("large", "zstd", 7_000_000);
  expect(await problems([one])).toEqual([]);
  const stored = readFileSync(archive(one));
  await writeStored(stored.subarray(0, stored.length - 1_000_000), "zstd");
  expect(await problems([one])).toEqual([expect.stringMatching(/^CACHE_(TRUNCATED|DAMAGED) large/)]);
});

it("takes an archive that it cannot read for no difference", async () => {
  const read = async () =>
    Readable.from(
      (async function* () {
        yield Buffer.from("half");
        throw new Error("connection lost");
      })(),
    );
  const cut: BinaryCache = { ...cache, read };
  await expect(verifyCache({ cache: cut, locked: [one] })).rejects.toThrow("connection lost");
});

it.each(["zstd", "none"] as const)(
  "reads no archive (%s) on and on that does not end",
  async (compression) => {
    const endless = await published("endless", compression);
    const stored = readFileSync(archive(endless));
    const read = async () =>
      Readable.from(
        (async function* () {
          yield stored;
          for (;;) yield Buffer.alloc(1000);
        })(),
      );
    const { problems } = await verifyCache({ cache: { ...cache, read }, locked: [endless] });
    expect(problems.map(({ message }) => message)).toContainEqual(
      expect.stringMatching(/^endless .* has more than the \d+ bytes/),
    );
  },
);

describe("verifyCache", () => {
  it("finds nothing in what publish and Nix wrote", async () => {
    const plain = await published("plain", "none");
    const store = await temporaryNix();
    const file = join(store.root, "theirs");
    await writeFile(file, "by Nix");
    const { stdout } = await store.run("nix-store", "--add-fixed", "sha256", file);
    const copy = ["copy", "--to", `file://${root}?compression=xz`, stdout.trim()];
    await store.run("nix", "--extra-experimental-features", "nix-command", ...copy);
    await store.remove();
    expect(await verifyCache({ cache, locked: [one, plain] })).toEqual({
      sound: 3,
      orphans: [],
      problems: [],
    });
  });

  it.each([
    ["an archive that was cut", () => truncate(archive(one), 100), /^CACHE_TRUNCATED one .* has 100 bytes/],
    ["a missing archive", () => rm(archive(one)), /^CACHE_MISSING one .*nar\.zst is missing/],
    ["a missing .narinfo", () => rm(narInfoFile(one)), /^CACHE_MISSING one \(any\): is not in the cache/],
    ["half a .narinfo", () => truncate(narInfoFile(one), 60), /^CACHE_DAMAGED one/],
    [
      "an archive of other bytes",
      () => writeFile(archive(one), readFileSync(archive(one)).reverse()),
      /^CACHE_MISMATCH one .*has the hash sha256-/,
    ],
    [
      "a .narinfo that says something else than the lock",
      () => writeFile(narInfoFile(one), readFileSync(narInfoFile(one), "utf8").replace(/^CA: .*\n/m, "")),
      /^CACHE_MISMATCH one .*something else than the lock/,
    ],
  ])("finds %s", async (_, damage, expected) => {
    const other = await published("other", "zstd");
    await damage();
    const found = await problems([one, other]);
    expect(found).toEqual([expect.stringMatching(expected)]);
  });

  it("checks also what no lock knows", async () => {
    await truncate(archive(one), 100);
    expect(await problems([])).toEqual([expect.stringMatching(`^CACHE_TRUNCATED ${one.variant.storePath}`)]);
  });

  it("names archives that nothing promises, and does not fail for them", async () => {
    await rm(narInfoFile(one));
    const [orphan = ""] = await readdir(join(root, "nar"));
    expect(await verifyCache({ cache, locked: [] })).toEqual({
      sound: 0,
      orphans: [`nar/${orphan}`],
      problems: [],
    });
  });
});
