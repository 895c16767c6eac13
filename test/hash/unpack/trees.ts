/** Real trees on disk, and archives of them, made by the programs that CI jobs use. */
import { execFileSync } from "node:child_process";
import { chmod, link, lstat, mkdir, readFile, readdir, readlink, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { allBytes, bytesContent } from "../../../src/simulator/archive/content.js";
import { writeZip, type ZipEntry } from "../../../src/simulator/archive/zip-writer.js";

/** Names that sort, encode or fit badly. The pair of the last two sorts otherwise in UTF-16 than in bytes. */
const NAMES = [
  "a",
  "B",
  "Z z",
  ".hidden",
  "-rf",
  "a.b",
  "a-b",
  "new\nline",
  "back\\slash",
  "ümläut",
  "x".repeat(180),
  "長い名前".repeat(20),
  "\uffee",
  "😀",
];

/** Fills `folder` with a tree that depends on nothing but `seed`. */
export async function makeRandomTree(folder: string, seed: number): Promise<void> {
  const random = generator(seed);
  const files: string[] = [];
  await fill(folder, 0);

  async function fill(directory: string, depth: number): Promise<void> {
    const names = NAMES.filter(() => random() < 0.35);
    if (depth === 0) names.push("always");
    for (const name of names) await make(join(directory, name), depth);
  }

  async function make(path: string, depth: number): Promise<void> {
    const kind = random();
    if (kind < 0.3 && depth < 3) {
      await mkdir(path);
      await fill(path, depth + 1);
    } else if (kind < 0.4) {
      await symlink(
        ["../up", "/absolute/target", "dangling", "ümläut/x"][Math.floor(random() * 4)] ?? "",
        path,
      );
    } else if (kind < 0.5 && files.length > 0) {
      await link(files[Math.floor(random() * files.length)] ?? "", path);
    } else {
      await writeFile(path, bytes(random));
      await chmod(path, [0o644, 0o755, 0o600, 0o100, 0o654, 0o011][Math.floor(random() * 6)] ?? 0);
      files.push(path);
    }
  }
}

function bytes(random: () => number): Buffer {
  const size = [0, 1, 7, 8, 9, 511, 512, 513, 20_001][Math.floor(random() * 9)] ?? 0;
  return Buffer.from(
    Array.from({ length: size }, (_, index) => (index * 31 + Math.floor(random() * 3)) % 256),
  );
}

/** Park and Miller's generator. */
function generator(seed: number): () => number {
  let state = seed + 1;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}

/** What tar prints for the tree in `folder`. */
export function tarOf(folder: string, ...options: string[]): Buffer {
  return execFileSync("tar", ["-C", folder, ...options, "-c", "."], { maxBuffer: 1 << 28 });
}

/** A zip of the tree in `folder`, as the runner's archiver writes it. */
export async function zipOfTree(folder: string): Promise<Buffer> {
  const entries: ZipEntry[] = [];
  await collect("");
  return allBytes(writeZip(entries, { compression: "deflate", modified: new Date("2026-01-01") }));

  async function collect(below: string): Promise<void> {
    for (const name of await readdir(join(folder, below))) {
      const path = below === "" ? name : `${below}/${name}`;
      const on = join(folder, path);
      const stat = await lstat(on);
      const type = stat.isSymbolicLink() ? "symlink" : stat.isDirectory() ? "directory" : "file";
      const data =
        type === "file" ? await readFile(on) : Buffer.from(type === "symlink" ? await readlink(on) : "");
      entries.push({ path, type, mode: stat.mode & 0o777, content: bytesContent(data), compressible: true });
      if (type === "directory") await collect(path);
    }
  }
}

/** The NAR of a tree, as Nix writes it. */
export function nixDump(folder: string): Buffer {
  return execFileSync("nix-store", ["--dump", folder], { maxBuffer: 1 << 28 });
}

export interface RawZipEntry {
  readonly path: string;
  readonly type?: "symlink" | "file";
  readonly data?: string;
}

/** A zip of exactly these entries, which no zip program would write. */
export function rawZip(entries: readonly RawZipEntry[]): Buffer {
  return allBytes(
    writeZip(
      entries.map(({ path, type = "file", data = "data" }) => {
        return { path, type, mode: 0o644, content: bytesContent(Buffer.from(data)), compressible: true };
      }),
      { compression: "deflate", modified: new Date("2026-01-01") },
    ),
  );
}
