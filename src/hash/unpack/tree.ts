/**
 * The tree of an archive while it is read. What is in it lives in memory only, by name and place of the bytes: no path of an
 * archive ever reaches the file system, so none can lead out of a folder. Every entry is hostile until it is in here.
 */
import type { NarDirectory, NarFile, NarNode } from "../../store/nar-tree.js";
import { ArchiveRefused } from "./archive-refused.js";

/** What one archive may become. */
export interface UnpackLimits {
  /** Bytes of all files together; those of a hard link count each time. */
  readonly bytes: number;
  /** Files, folders and links, those included that are only implied by a path. */
  readonly entries: number;
  /** What to do when `bytes` are too few and the archive is right. */
  readonly advice?: string | undefined;
}

/** Keeps the index of an archive below about 100 MB of memory. */
export const MAX_ENTRIES = 200_000;

const MAX_NAME_BYTES = 255;
const MAX_DEPTH = 200;
const MAX_TARGET_BYTES = 4_095;

/** Takes the entries of an archive in any order. Every method throws `ArchiveRefused` for what no honest archive holds. */
export interface Tree {
  readonly root: NarDirectory;
  addDirectory(path: string): void;
  addFile(path: string, file: Omit<NarFile, "type">): void;
  /** The target is data: it may lead anywhere, because nothing here follows it. */
  addSymlink(path: string, target: string): void;
  /** Another name of a file that was added before. */
  addHardLink(path: string, target: string): void;
}

interface OpenDirectory extends NarDirectory {
  readonly entries: Map<string, NarNode>;
}

export function createTree(limits: UnpackLimits): Tree {
  const root: OpenDirectory = { type: "directory", entries: new Map() };
  let entries = 0;
  let bytes = 0;

  return {
    root,
    addDirectory(path) {
      directoryAt(segmentsOf(path), path);
    },
    addFile: (path, file) => addFile(path, { type: "regular", ...file }),
    addSymlink(path, target) {
      if (target === "" || target.includes("\0") || isNotUtf8(target)) {
        throw new ArchiveRefused(`${shown(path)} is a symbolic link to ${shown(target)}`);
      }
      if (Buffer.byteLength(target) > MAX_TARGET_BYTES) {
        throw new ArchiveRefused(`the symbolic link ${shown(path)} has a target that is too long`);
      }
      add(path, { type: "symlink", target });
    },
    addHardLink(path, target) {
      const node = nodeAt(segmentsOf(target));
      if (node?.type !== "regular") {
        throw new ArchiveRefused(
          `${shown(path)} is a hard link to ${shown(target)}, which is no file before it`,
        );
      }
      addFile(path, node);
    },
  };

  function addFile(path: string, file: NarFile): void {
    bytes += file.size;
    if (bytes > limits.bytes) {
      throw new ArchiveRefused(`it unpacks to more than ${limits.bytes} bytes`, limits.advice);
    }
    add(path, file);
  }

  function add(path: string, node: NarNode): void {
    const segments = segmentsOf(path);
    const name = segments.pop();
    if (name === undefined) throw new ArchiveRefused(`${shown(path)} is no name of a file`);
    const { entries: siblings } = directoryAt(segments, path);
    if (siblings.has(name)) throw new ArchiveRefused(`${shown(path)} is in it twice`);
    insert(siblings, name, node);
  }

  /** The directory at `segments`, made if it is not there. */
  function directoryAt(segments: readonly string[], path: string): OpenDirectory {
    let directory = root;
    for (const name of segments) {
      const present = directory.entries.get(name);
      if (present !== undefined && present.type !== "directory") {
        const kind = present.type === "symlink" ? "symbolic link" : "file";
        throw new ArchiveRefused(`${shown(path)} lies below ${shown(name)}, which is a ${kind}`);
      }
      // every directory of this tree was made below
      const next = (present ?? { type: "directory", entries: new Map() }) as OpenDirectory;
      if (present === undefined) insert(directory.entries, name, next);
      directory = next;
    }
    return directory;
  }

  function insert(siblings: Map<string, NarNode>, name: string, node: NarNode): void {
    entries++;
    if (entries > limits.entries) throw new ArchiveRefused(`it has more than ${limits.entries} entries`);
    siblings.set(name, node);
  }

  function nodeAt(segments: readonly string[]): NarNode | undefined {
    let node: NarNode | undefined = root;
    for (const name of segments) node = node?.type === "directory" ? node.entries.get(name) : undefined;
    return node;
  }
}

/** The names in a path, as tar reads it: empty parts and `.` mean nothing. */
function segmentsOf(path: string): string[] {
  if (path.startsWith("/")) throw new ArchiveRefused(`${shown(path)} is an absolute path`);
  const segments = path.split("/").filter((segment) => segment !== "" && segment !== ".");
  if (segments.length > MAX_DEPTH) throw new ArchiveRefused(`${shown(path)} lies too deep`);
  for (const segment of segments) refuseName(segment, path);
  return segments;
}

function refuseName(segment: string, path: string): void {
  if (segment === "..") throw new ArchiveRefused(`${shown(path)} leads out of the archive`);
  if (segment.includes("\0")) throw new ArchiveRefused(`${shown(path)} has a NUL in it`);
  if (isNotUtf8(segment)) throw new ArchiveRefused(`${shown(path)} is not written in UTF-8`);
  if (Buffer.byteLength(segment) > MAX_NAME_BYTES) {
    throw new ArchiveRefused(`${shown(path)} has a name of more than ${MAX_NAME_BYTES} bytes`);
  }
}

/** Readers put U+FFFD where bytes are no UTF-8; the name that was meant is lost then. */
function isNotUtf8(text: string): boolean {
  return /[\uFFFD\p{Cs}]/u.test(text);
}

/** As JSON, so that nothing in it reaches a terminal as it is. */
function shown(text: string): string {
  return JSON.stringify(text.length > 200 ? `${text.slice(0, 200)}…` : text);
}
