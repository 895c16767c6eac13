import { createReadStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { extract, type Header } from "tar-stream";
import { ArchiveRefused } from "./archive-refused.js";
import type { Tree } from "./tree.js";

/** What follows a header of this size is the contents (POSIX pax, "ustar Interchange Format"). */
const HEADER_BYTES = 512;

/**
 * Reads the headers of a plain tar of any dialect into `tree`; contents are read from the same file when the tree's files are.
 *
 * @throws ArchiveRefused for what is hostile or no file, folder or link; Error when the tar is damaged
 */
export async function readTar(file: string, tree: Tree): Promise<void> {
  const tar = extract();
  const feeding = pipeline(createReadStream(file), tar);
  feeding.catch(() => {}); // told below, unless an entry is refused first
  for await (const entry of tar) {
    addEntry(entry.header, { file, start: entry.offset + HEADER_BYTES }, tree);
    entry.resume();
  }
  await feeding;
}

interface Contents {
  readonly file: string;
  /** Where they begin in it. */
  readonly start: number;
}

function addEntry(header: Header, contents: Contents, tree: Tree): void {
  const { name, type, mode, size } = header;
  const linkname = header.linkname ?? ""; // it is null where there is none
  if (isSparse(header)) throw unsupported(name, "a file with holes");
  if (type === "directory") return tree.addDirectory(name);
  if (type === "symlink") return tree.addSymlink(name, linkname);
  if (type === "link") return tree.addHardLink(name, linkname);
  if (type !== "file" && type !== "contiguous-file") throw unsupported(name, type);
  const executable = (mode & 0o100) !== 0; // the owner's bit is all that a NAR keeps
  tree.addFile(name, { executable, size, read: () => section(contents, size) });
}

/** What GNU tar writes in POSIX format for `--sparse`: the contents then are not those of the file. */
function isSparse({ pax }: Header): boolean {
  return typeof pax === "object" && Object.keys(pax ?? {}).some((key) => key.startsWith("GNU.sparse."));
}

function unsupported(name: string, what: string | null): ArchiveRefused {
  return new ArchiveRefused(
    `${JSON.stringify(name)} is no file, folder or link, but ${what ?? "something unknown"}`,
  );
}

async function* section({ file, start }: Contents, size: number): AsyncGenerator<Uint8Array> {
  if (size > 0) yield* createReadStream(file, { start, end: start + size - 1 }) as AsyncIterable<Uint8Array>;
}
