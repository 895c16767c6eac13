import { mkdtempSync, readFileSync } from "node:fs";
import { readdir, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { BinaryCache } from "../../src/cache/cache.js";
import { openFileCache } from "../../src/cache/file-cache.js";
import type { LockedEntry } from "../../src/lock/entry.js";
import { type Compression } from "../../src/publish/compression.js";
import { publish } from "../../src/publish/publish.js";
import { verifyCache } from "../../src/publish/verify-cache.js";
import { narInfoKey } from "../../src/store/narinfo.js";
import { lockedVariant } from "../hash/locked.js";
import { startUpstream, type Upstream } from "../hash/upstream.js";
import { sampleBytes } from "../store/samples.js";
import { temporaryNix } from "../store/temporary-nix.js";

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

async function published(artifact: string, compression: Compression): Promise<LockedEntry> {
  const bytes = sampleBytes(10_000, artifact);
  const url = upstream.serve(`/${artifact}`, bytes);
  const wanted = { artifact, system: "any", variant: await lockedVariant({ url, bytes, name: artifact }) };
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
