import { execFileSync } from "node:child_process";
import { lstatSync, mkdtempSync, readFileSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { fromBufferPromise, type Entry } from "yauzl";
import { packFiles, packedZip, type PackOptions } from "../../../src/simulator/archive/archive.js";
import { allBytes } from "../../../src/simulator/archive/content.js";

const modified = new Date("2026-11-20T08:00:02Z");
const options: PackOptions = { compression: "deflate", order: "sorted", seed: 1, modified };
const files = {
  "bin/tool": { content: "#!/bin/sh\n".repeat(100), mode: 0o755 },
  "bin/link": { symlink: "tool" },
  "notes ü.txt": "short",
  empty: "",
  "random.bin": { size: 3_000_000, seed: 3, mode: 0o600 },
};

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "zip-writer-"));
});

afterEach(() => rmSync(directory, { recursive: true }));

async function entriesOf(bytes: Buffer): Promise<Record<string, Entry>> {
  const zip = await fromBufferPromise(bytes, { strictFileNames: true });
  const entries: Record<string, Entry> = {};
  for await (const entry of zip.eachEntry()) entries[entry.fileName] = entry;
  return entries;
}

test("unzip restores files, modes, links and times", () => {
  const zip = join(directory, "artifacts.zip");
  const packed = packFiles(files, options);
  writeFileSync(zip, allBytes(packed.zip));
  execFileSync("unzip", ["-q", zip, "-d", directory], { env: { ...process.env, LC_ALL: "C.UTF-8" } });
  expect(readFileSync(join(directory, "bin/tool"), "utf8")).toBe(files["bin/tool"].content);
  expect(lstatSync(join(directory, "bin/tool")).mode & 0o777).toBe(0o755);
  expect(lstatSync(join(directory, "bin/tool")).mtime).toEqual(modified);
  expect(readlinkSync(join(directory, "bin/link"))).toBe("tool");
  expect(readFileSync(join(directory, "notes ü.txt"), "utf8")).toBe("short");
  expect(readFileSync(join(directory, "random.bin")).length).toBe(3_000_000);
});

test("entries carry what the runner writes: descriptors on files only, both extra fields, UTF-8 where it is needed", async () => {
  const entries = await entriesOf(allBytes(packFiles(files, options).zip));
  const facts = Object.entries(entries).map(([name, entry]) => [
    name,
    entry.compressionMethod,
    entry.generalPurposeBitFlag,
    (entry.externalFileAttributes >>> 16).toString(8),
    entry.extraFields.map(({ id }) => id.toString(16)).join(),
  ]);
  expect(facts).toEqual([
    ["bin/", 0, 0, "40755", "7875,5455"],
    ["bin/link", 0, 0, "120777", "7875,5455"],
    ["bin/tool", 8, 8, "100755", "7875,5455"],
    ["empty", 0, 8, "100644", "7875,5455"],
    ["notes ü.txt", 0, 0x808, "100644", "7875,5455"],
    ["random.bin", 0, 8, "100600", "7875,5455"],
  ]);
});

test("another run gives another order and other times, but the same files", async () => {
  const shuffle = (seed: number) => packFiles(files, { ...options, order: "shuffled", seed });
  const orders = [1, 2, 3, 4].map(async (seed) => (await shuffle(seed).entries()).map(({ path }) => path));
  const distinct = new Set((await Promise.all(orders)).map((order) => order.join()));
  expect(distinct.size).toBeGreaterThan(1);
  const later = packFiles(files, { ...options, modified: new Date("2026-11-21T00:00:00Z") });
  expect(later.sha256).not.toBe(packFiles(files, options).sha256);
  expect(packFiles(files, options).sha256).toBe(packFiles(files, options).sha256);
});

test("a zip file of somebody else is read as it is", async () => {
  const bytes = allBytes(packFiles(files, options).zip);
  const entries = await packedZip(bytes).entries();
  expect(entries.map(({ path, type, mode }) => [path, type, mode])).toContainEqual([
    "bin/tool",
    "file",
    0o755,
  ]);
  const tool = entries.find(({ path }) => path === "bin/tool");
  expect(tool && allBytes(await tool.open()).toString()).toBe(files["bin/tool"].content);
});
