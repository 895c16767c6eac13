import { type FileHandle, open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UserError } from "../errors.js";

/** How the temporary files of this program begin, where the system keeps such files. */
export function temporaryPrefix(): string {
  return join(tmpdir(), "nix-artifacts-");
}

/**
 * Writes a body to a new file, chunk by chunk.
 *
 * @param mode permissions of the file, whatever the umask is
 * @returns the bytes written
 * @throws UserError `CANNOT_WRITE` when the disk does not take them; what `body` throws passes through
 */
export async function writeBody(
  file: string,
  body: AsyncIterable<Uint8Array>,
  mode: number,
): Promise<number> {
  const handle = await onDisk(file, openNew(file, mode));
  try {
    let size = 0;
    for await (const chunk of body) {
      await onDisk(file, handle.appendFile(chunk));
      size += chunk.length;
    }
    return size;
  } finally {
    await handle.close();
  }
}

async function openNew(file: string, mode: number): Promise<FileHandle> {
  const handle = await open(file, "wx", mode);
  await handle.chmod(mode);
  return handle;
}

/**
 * The result of a file operation.
 *
 * @throws UserError `CANNOT_WRITE` with the reason of the system when it fails
 */
export async function onDisk<T>(file: string, operation: Promise<T>): Promise<T> {
  try {
    return await operation;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UserError("CANNOT_WRITE", `cannot write temporary files (${file}): ${reason}`, {
      hint: hintFor(file, error),
      cause: error,
    });
  }
}

function hintFor(file: string, error: unknown): string {
  if (error instanceof Error && "code" in error && error.code === "ENAMETOOLONG")
    return "give it a name of at most 255 bytes";
  return file.startsWith(temporaryPrefix())
    ? "free some space there, or set TMPDIR to a directory that has it"
    : "make that directory one which this user can write, with space left, and run the command again";
}
