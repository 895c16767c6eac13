/** The Nix archive (NAR) of what is on disk, as `nix-store --dump` writes it. Format: see `nar.ts`. */
import { createReadStream, type Stats } from "node:fs";
import { lstat, readdir, readlink } from "node:fs/promises";
import { UserError } from "../errors.js";
import { NAR_MAGIC, narStrings, regularFile } from "./nar.js";

const OWNER_MAY_EXECUTE = 0o100;
const READ_BYTES = 256 * 1024;
const SLASH = Buffer.from("/");

/**
 * The NAR of a file, a link or a tree, in memory that does not grow with it. Names and targets of links are bytes, whatever
 * they mean.
 *
 * @throws UserError NO_NAR when a file changes its size meanwhile, or is neither file, directory nor link; errors of the file system
 */
export async function* narOfPath(path: string): AsyncGenerator<Uint8Array> {
  yield narStrings(NAR_MAGIC);
  yield* nodeOf(Buffer.from(path));
}

async function* nodeOf(path: Buffer): AsyncGenerator<Uint8Array> {
  const status = await lstat(path);
  if (status.isFile()) {
    yield* fileOf(path, status);
  } else if (status.isSymbolicLink()) {
    yield narStrings("(", "type", "symlink", "target", await readlink(path, "buffer"), ")");
  } else if (status.isDirectory()) {
    yield* directoryOf(path);
  } else {
    throw noNar(path, "is neither a file nor a directory nor a symbolic link");
  }
}

async function* fileOf(path: Buffer, { size, mode }: Stats): AsyncGenerator<Uint8Array> {
  const { before, after } = regularFile(size, (mode & OWNER_MAY_EXECUTE) !== 0);
  yield before;
  let read = 0;
  if (size > 0) {
    const body = createReadStream(path, { highWaterMark: READ_BYTES }) as AsyncIterable<Buffer>; // no encoding is set
    for await (const chunk of body) {
      read += chunk.length;
      yield chunk;
    }
  }
  if (read !== size) throw noNar(path, `has ${size} bytes and gave ${read}`);
  yield after;
}

async function* directoryOf(path: Buffer): AsyncGenerator<Uint8Array> {
  yield narStrings("(", "type", "directory");
  for (const name of (await readdir(path, "buffer")).sort(Buffer.compare)) {
    yield narStrings("entry", "(", "name", name, "node");
    yield* nodeOf(Buffer.concat([path, SLASH, name]));
    yield narStrings(")");
  }
  yield narStrings(")");
}

function noNar(path: Buffer, problem: string): UserError {
  return new UserError("NO_NAR", `there is no NAR of ${JSON.stringify(path.toString())}: it ${problem}`);
}
