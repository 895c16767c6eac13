/**
 * Archives → the NAR of their tree, for artifacts of form `unpacked`. Archives are hostile: their sizes are bounded, their paths
 * never reach the file system, and what no honest archive holds is refused.
 *
 * Memory grows with the number of entries, which is bounded, and not with their sizes.
 */
import { createReadStream } from "node:fs";
import { join } from "node:path";
import { UserError } from "../../errors.js";
import type { NarDirectory } from "../../store/nar-tree.js";
import { narTree, narTreeSize } from "../../store/nar-tree.js";
import { withTemporaryDirectory } from "../temporary-directory.js";
import { writeBody } from "../write-body.js";
import { ArchiveRefused } from "./archive-refused.js";
import { type Compression, decompress } from "./decompress.js";
import { archiveFormat } from "./format.js";
import { type Tree, type UnpackLimits, createTree } from "./tree.js";

/** The NAR of a store path, to be read as often as needed. */
export interface Nar {
  /** Bytes of the whole. */
  readonly size: number;
  read(): AsyncIterable<Uint8Array>;
}

export interface Archive {
  /** Where it is. */
  readonly file: string;
  /** What it is called in messages. */
  readonly label: string;
  readonly limits: UnpackLimits;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Unpacks an archive for the time of `use`. Executable bits are those of the owner; times and owners are left out; names may
 * differ only in case; hard links become files of their own. Ends with the reason of the signal when that is aborted.
 *
 * @throws UserError `UNPACK_REFUSED` when the archive is damaged, hostile or larger than its limits, also while the NAR is read
 */
export function withUnpacked<T>(archive: Archive, use: (nar: Nar) => Promise<T>): Promise<T> {
  return withTemporaryDirectory(async (directory) => {
    const tree = createTree(archive.limits);
    const close = await explained(archive, readInto(tree, archive, join(directory, "tar")));
    try {
      const size = narTreeSize(refuseEmpty(tree.root, archive));
      return await use({ size, read: () => explainedChunks(archive, narTree(tree.root)) });
    } finally {
      close();
    }
  });
}

async function readInto(tree: Tree, { file, limits, signal }: Archive, spool: string): Promise<() => void> {
  const format = await archiveFormat(file);
  if (format === "zip") {
    const { readZip } = await import("./read-zip.js");
    const zip = await readZip(file, tree);
    return () => zip.close();
  }
  const { readTar } = await import("./read-tar.js");
  await readTar(format === "tar" ? file : await decompressed(file, format), tree);
  return () => {};

  async function decompressed(compressed: string, compression: Compression): Promise<string> {
    await writeBody(spool, bounded(decompress(bytesOf(compressed), compression), limits, signal), 0o600);
    return spool;
  }
}

/** Opened when somebody reads: a file that cannot be opened before would be an error of nobody, which ends the process. */
async function* bytesOf(file: string): AsyncGenerator<Uint8Array> {
  yield* createReadStream(file) as AsyncIterable<Uint8Array>; // no encoding is set
}

/** A tar has headers for each entry, and perhaps others with long names. */
const TAR_BYTES_PER_ENTRY = 4 * 1024;
const TAR_BYTES_AT_LEAST = 1024 * 1024;

async function* bounded(
  body: AsyncIterable<Uint8Array>,
  { bytes: unpacked, entries, advice }: UnpackLimits,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  const bytes = unpacked + entries * TAR_BYTES_PER_ENTRY + TAR_BYTES_AT_LEAST;
  let read = 0;
  for await (const chunk of body) {
    signal?.throwIfAborted();
    read += chunk.length;
    if (read > bytes) throw new ArchiveRefused(`it decompresses to more than ${bytes} bytes`, advice);
    yield chunk;
  }
}

function refuseEmpty(root: NarDirectory, archive: Archive): NarDirectory {
  if (root.entries.size > 0) return root;
  throw explain(archive, new ArchiveRefused("there is nothing in it"));
}

async function explained<T>(archive: Archive, reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (error) {
    throw explain(archive, error);
  }
}

async function* explainedChunks(
  archive: Archive,
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of chunks) {
      archive.signal?.throwIfAborted();
      yield chunk;
    }
  } catch (error) {
    throw explain(archive, error);
  }
}

/** What a reader of archives throws says what is wrong with the archive; the disk's errors are `UserError`s already. */
function explain({ label, signal }: Archive, error: unknown): unknown {
  if (signal?.aborted === true || error instanceof UserError || !(error instanceof Error)) return error;
  const reason = error instanceof ArchiveRefused ? error.message : `it is damaged (${error.message})`;
  const hint = error instanceof ArchiveRefused ? error.hint : undefined;
  return new UserError("UNPACK_REFUSED", `${label} cannot be unpacked: ${reason}`, {
    hint: hint ?? "look at how the job makes the archive, or leave out `form` to get it as it is",
    cause: error,
  });
}
