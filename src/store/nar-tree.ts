/**
 * The Nix archive (NAR) of a tree. Format: Nix manual, "Nix Archive (NAR) format". A directory lists its entries by name, in
 * the order of their bytes; sizes stand before contents, so the size of the whole is known before any content is read.
 */
import { NAR_MAGIC, narStrings, regularFile } from "./nar.js";

export type NarNode = NarFile | NarSymlink | NarDirectory;

export interface NarFile {
  readonly type: "regular";
  readonly executable: boolean;
  /** Bytes that `read` gives. */
  readonly size: number;
  readonly read: () => AsyncIterable<Uint8Array>;
}

export interface NarSymlink {
  readonly type: "symlink";
  readonly target: string;
}

export interface NarDirectory {
  readonly type: "directory";
  readonly entries: ReadonlyMap<string, NarNode>;
}

/** Frames are collected up to this many bytes: a tree has thousands, of a few bytes each. */
const CHUNK_BYTES = 64 * 1024;

/** Bytes of the NAR of `root`. Reads no content. */
export function narTreeSize(root: NarNode): number {
  let size = 0;
  for (const part of narParts(root)) size += part instanceof Uint8Array ? part.length : part.size;
  return size;
}

/**
 * The NAR of `root`, chunk by chunk; one file is read at a time.
 *
 * @throws Error when a file gives more or fewer bytes than its size; what `read` throws passes through
 */
export async function* narTree(root: NarNode): AsyncGenerator<Uint8Array> {
  let frames: Uint8Array[] = [];
  let framed = 0;
  for (const part of narParts(root)) {
    if (part instanceof Uint8Array) {
      frames.push(part);
      framed += part.length;
      if (framed < CHUNK_BYTES) continue;
    }
    yield Buffer.concat(frames);
    frames = [];
    framed = 0;
    if (!(part instanceof Uint8Array)) yield* contentOf(part);
  }
  yield Buffer.concat(frames);
}

async function* contentOf({ size, read }: NarFile): AsyncGenerator<Uint8Array> {
  let given = 0;
  for await (const chunk of read()) {
    given += chunk.length;
    if (given > size) break;
    yield chunk;
  }
  if (given !== size) throw new Error(`a file of ${size} bytes gave ${given}`);
}

/** Frames, and files in the places of their contents. */
function* narParts(root: NarNode): Generator<Uint8Array | NarFile> {
  yield narStrings(NAR_MAGIC);
  yield* nodeParts(root);
}

function* nodeParts(node: NarNode): Generator<Uint8Array | NarFile> {
  if (node.type === "regular") {
    const { before, after } = regularFile(node.size, node.executable);
    yield before;
    yield node;
    yield after;
  } else if (node.type === "symlink") {
    yield narStrings("(", "type", "symlink", "target", node.target, ")");
  } else {
    yield narStrings("(", "type", "directory");
    for (const [name, child] of inOrderOfBytes(node.entries)) {
      yield narStrings("entry", "(", "name", name, "node");
      yield* nodeParts(child);
      yield narStrings(")");
    }
    yield narStrings(")");
  }
}

/** UTF-8 sorts otherwise than the UTF-16 of JavaScript strings beyond the first plane. */
function inOrderOfBytes(entries: ReadonlyMap<string, NarNode>): [string, NarNode][] {
  return [...entries]
    .map(([name, node]) => ({ bytes: Buffer.from(name), name, node }))
    .sort((a, b) => Buffer.compare(a.bytes, b.bytes))
    .map(({ name, node }) => [name, node]);
}
