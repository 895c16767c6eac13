/**
 * The one way in which this program writes a file that a user keeps: all of it or nothing, and nothing when it is already so.
 */
import { randomBytes } from "node:crypto";
import { mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { UserError } from "./errors.js";

/**
 * Writes `text` to `path` if the file does not hold exactly that already: to a temporary file in the same directory, which is
 * synced and then renamed over the old one. A reader sees the old file or the new one; so does a machine after a power cut.
 *
 * @returns whether the file was written
 * @throws UserError WRITE_FAILED when the directory is read-only, the disk is full, …
 */
export async function writeFile(path: string, text: string): Promise<boolean> {
  if ((await readText(path)) === text) return false;
  const temporary = join(
    dirname(path),
    `.${basename(path)}.${process.pid}-${randomBytes(6).toString("hex")}.tmp`,
  );
  try {
    await mkdir(dirname(path), { recursive: true });
    await removeAbandoned(path);
    await writeSynced(temporary, text);
    await rename(temporary, path);
    await syncDirectory(dirname(path));
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw explain(path, cause);
  }
  return true;
}

/** The text of a file, or undefined when there is none. */
export async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    if (isSystemError(cause) && (cause.code === "ENOENT" || cause.code === "ENOTDIR")) return undefined;
    throw new UserError("READ_FAILED", `cannot read ${path}: ${reasonOf(cause)}`, { cause });
  }
}

async function writeSynced(path: string, text: string): Promise<void> {
  const file = await open(path, "wx", 0o666);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** A writer that was killed could not remove its temporary file; the next one does, once that process is gone. */
async function removeAbandoned(path: string): Promise<void> {
  const prefix = `.${basename(path)}.`;
  for (const name of await readdir(dirname(path))) {
    if (!name.startsWith(prefix)) continue;
    const pid = /^(\d+)-[0-9a-f]{12}\.tmp$/.exec(name.slice(prefix.length))?.[1];
    if (pid !== undefined && !isRunning(Number(pid))) await rm(join(dirname(path), name), { force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return isSystemError(error) && error.code === "EPERM";
  }
}

/** Makes the rename itself durable (fsync(2): "a file's directory entry needs its own fsync"). */
async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

function explain(path: string, cause: unknown): UserError {
  return new UserError("WRITE_FAILED", `cannot write ${path}: ${reasonOf(cause)}; the file is as it was`, {
    cause,
    hint: hintFor(cause, path),
  });
}

function hintFor(cause: unknown, path: string): string | undefined {
  if (!isSystemError(cause)) return undefined;
  if (cause.code === "ENOSPC" || cause.code === "EDQUOT") return "free some space and run the command again";
  if (cause.code === "EACCES" || cause.code === "EPERM" || cause.code === "EROFS") {
    return `make ${dirname(path)} writable for this user and run the command again`;
  }
  return undefined;
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "code" in error;
}
