/**
 * The archive of a job: a zip file and, as in the runner's metadata file, the list of what is in it.
 */
import { createHash } from "node:crypto";
import { fromBufferPromise, type Entry, type ZipFile } from "yauzl";
import type { z } from "zod";
import type { FileInput } from "../state/input.js";
import { bytesContent, generatedContent, sha256Hex, type Content } from "./content.js";
import { writeZip, type ZipEntry, type ZipOptions } from "./zip-writer.js";

export interface Archive {
  /** The zip file. Made when first asked for. */
  readonly zip: Content;
  /** SHA-256 of the zip file in hex. Computed when first asked for. */
  readonly sha256: string;
  /** What is in it, in the order of the zip file. */
  entries(): Promise<readonly ArchiveEntry[]>;
}

export interface ArchiveEntry {
  /** Path with `/`, without a trailing one. */
  readonly path: string;
  readonly type: "file" | "directory" | "symlink";
  /** Unix permission bits. */
  readonly mode: number;
  readonly size: number;
  open(): Promise<Content>;
}

export interface PackOptions extends ZipOptions {
  readonly order: "sorted" | "shuffled";
  /** Decides the order when it is shuffled: another seed, another order. */
  readonly seed: number;
}

/** Packs files as the runner does. Parent directories get entries of their own. */
export function packFiles(files: Readonly<Record<string, z.output<typeof FileInput>>>, options: PackOptions) {
  const named = Object.entries(files).map(([path, file]) => entryOf(path, file));
  const sorted = [...missingParents(named), ...named].sort((a, b) => (a.path < b.path ? -1 : 1));
  const ordered = options.order === "shuffled" ? shuffled(sorted, options.seed) : sorted;
  return archiveOf(
    () => writeZip(ordered, options),
    () =>
      Promise.resolve(
        ordered.map(({ path, type, mode, content }) => ({
          path,
          type,
          mode,
          size: content.size,
          open: () => Promise.resolve(content),
        })),
      ),
  );
}

/** Takes a zip file as it is. */
export function packedZip(bytes: Uint8Array): Archive {
  return archiveOf(
    () => bytesContent(bytes),
    () => readEntries(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)),
  );
}

function archiveOf(makeZip: () => Content, readEntries: () => Promise<readonly ArchiveEntry[]>): Archive {
  let zip: Content | undefined;
  let sha256: string | undefined;
  let entries: Promise<readonly ArchiveEntry[]> | undefined;
  return {
    get zip() {
      return (zip ??= makeZip());
    },
    get sha256() {
      return (sha256 ??= sha256Hex(this.zip));
    },
    entries: () => (entries ??= readEntries()),
  };
}

function entryOf(path: string, file: z.output<typeof FileInput>): ZipEntry {
  const plain = (content: string | Uint8Array, mode = 0o644): ZipEntry => ({
    path,
    type: "file",
    mode,
    content: bytesContent(typeof content === "string" ? Buffer.from(content) : content),
    compressible: true,
  });
  if (typeof file === "string" || file instanceof Uint8Array) return plain(file);
  if ("content" in file) return plain(file.content, file.mode);
  if ("base64" in file) return plain(Buffer.from(file.base64, "base64"), file.mode);
  if ("directory" in file) return directoryEntry(path, file.mode);
  if ("symlink" in file) return { ...plain(file.symlink, 0o777), type: "symlink", compressible: false };
  const content = generatedContent(file.size, file.seed);
  return { path, type: "file", mode: file.mode ?? 0o644, content, compressible: false };
}

function missingParents(entries: readonly ZipEntry[]): ZipEntry[] {
  const known = new Set(entries.map(({ path }) => path));
  const parents = new Set<string>();
  for (const { path } of entries) {
    const parts = path.split("/");
    while (parts.pop() !== undefined && parts.length > 0) parents.add(parts.join("/"));
  }
  return [...parents].filter((path) => !known.has(path)).map((path) => directoryEntry(path));
}

function directoryEntry(path: string, mode = 0o755): ZipEntry {
  return { path, type: "directory", mode, content: bytesContent(new Uint8Array()), compressible: false };
}

function shuffled(entries: readonly ZipEntry[], seed: number): ZipEntry[] {
  const rank = (entry: ZipEntry) => createHash("sha256").update(`${seed}\0${entry.path}`).digest("hex");
  return [...entries].sort((a, b) => (rank(a) < rank(b) ? -1 : 1));
}

async function readEntries(bytes: Buffer): Promise<readonly ArchiveEntry[]> {
  const zip = await fromBufferPromise(bytes, { strictFileNames: true });
  const entries: ArchiveEntry[] = [];
  for await (const entry of zip.eachEntry()) entries.push(entryInZip(zip, entry));
  return entries;
}

function entryInZip(zip: ZipFile, entry: Entry): ArchiveEntry {
  const attributes = entry.externalFileAttributes >>> 16;
  const isDirectory = entry.fileName.endsWith("/");
  const isLink = (attributes & 0o170000) === 0o120000;
  return {
    path: isDirectory ? entry.fileName.slice(0, -1) : entry.fileName,
    type: isDirectory ? "directory" : isLink ? "symlink" : "file",
    mode: attributes & 0o777,
    size: entry.uncompressedSize,
    open: async () => {
      const pieces: Uint8Array[] = [];
      for await (const piece of await zip.openReadStreamPromise(entry)) pieces.push(piece);
      return bytesContent(Buffer.concat(pieces));
    },
  };
}
