import { existsSync, mkdtempSync, readdirSync, readFileSync, statSync, utimesSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openFileCache } from "../../src/cache/file-cache.js";
import { sharedSync } from "../../src/cache/shared-sync.js";
import { stageArchive } from "../../src/publish/stage-archive.js";

let root: string;
beforeEach(() => {
  root = join(mkdtempSync(join(tmpdir(), "file-cache-")), "deep", "cache");
});
afterEach(() => rm(join(root, "..", ".."), { recursive: true }));

async function* bytes() {
  yield Buffer.from("nar");
}

test("makes its directory, and everybody may read what is in it, whatever the umask of the writer", async () => {
  const before = process.umask(0o077);
  try {
    const cache = openFileCache(root);
    await cache.writeText("nix-cache-info", { text: "StoreDir: /nix/store\n", type: "" });
    await cache.withStaging(async (directory) => {
      const archive = await stageArchive(bytes(), { directory, compression: "none" });
      await cache.takeFile(archive.url, archive);
      expect(statSync(join(root, archive.url)).mode & 0o777).toBe(0o644);
    });
    expect(statSync(join(root, "nix-cache-info")).mode & 0o777).toBe(0o644);
  } finally {
    process.umask(before);
  }
});

test("a text that is written again is complete, counts as written now, and leaves nothing beside it", async () => {
  const cache = openFileCache(root);
  await cache.writeText("a.narinfo", { text: "longer text\n", type: "" });
  utimesSync(join(root, "a.narinfo"), 1, 1);
  await Promise.all(
    ["one\n", "one\n", "one\n"].map((text) => cache.writeText("a.narinfo", { text, type: "" })),
  );
  expect(readFileSync(join(root, "a.narinfo"), "utf8")).toBe("one\n");
  expect(Date.now() - statSync(join(root, "a.narinfo")).mtimeMs).toBeLessThan(60_000);
  expect(readdirSync(root)).toEqual(["a.narinfo"]);
});

test("a sync that failed is told to all who waited for it, and to nobody else", async () => {
  const sync = sharedSync(root);
  const failed = await Promise.allSettled([sync(), sync()]);
  expect(failed.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  expect(existsSync(root)).toBe(false);
  await mkdir(root, { recursive: true });
  await expect(sync()).resolves.toBeUndefined();
});
