/**
 * The one way in which this program writes files that a user keeps: all of them or none, and none that is already so.
 */
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { open, readdir, readFile, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import pLimit from "p-limit";
import { outOfFiles, UserError } from "./errors.js";
import { makeDirectory } from "./make-directory.js";

/** Syncs take long and wait side by side. */
const FILES_AT_ONCE = 16;

export interface FileText {
  readonly path: string;
  readonly text: string;
  /** Permissions, whatever the umask is, before anybody sees the file; without, what the umask leaves of 0666. */
  readonly mode?: number;
}

/**
 * Writes those of `files`, in their order, that do not hold exactly their text already: first all of them to temporary files in the same
 * directories, synced, and only then renames them. A reader sees an old file or a new one; so does a machine after a power cut.
 * A disk that is full or read-only is noticed before the first file changes.
 *
 * @returns paths of the files that were written
 * @throws UserError WRITE_FAILED
 */
export async function writeFiles(files: readonly FileText[]): Promise<string[]> {
  const staged = new Map<string, string>();
  const limit = pLimit(FILES_AT_ONCE);
  try {
    const changed = files.filter(({ path, text }) => text !== readTextSync(path));
    await prepareDirectories(changed);
    const staging = changed.map((file) => limit(() => stage(file, staged)));
    await Promise.allSettled(staging); // so that nothing is being written any more when one has failed
    await Promise.all(staging);
    for (const { path } of files) {
      const temporary = staged.get(path);
      if (temporary !== undefined) await rename(temporary, path).catch(failed(path));
    }
  } catch (error) {
    for (const temporary of staged.values()) await rm(temporary, { force: true }).catch(() => undefined);
    throw error;
  }
  const paths = files.map(({ path }) => path).filter((path) => staged.has(path));
  for (const directory of new Set(paths.map((path) => dirname(path)))) await syncDirectory(directory);
  return paths;
}

/** The text of a file, or undefined when there is none. */
export function readText(path: string): Promise<string | undefined> {
  return readFile(path, "utf8").catch(unread(path));
}

/** For a thousand small files on the local disk: they take a fifth of the time that Node's threads need for them. */
function readTextSync(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    return unread(path)(cause);
  }
}

function unread(path: string): (cause: unknown) => undefined {
  return (cause) => {
    if (isSystemError(cause) && (cause.code === "ENOENT" || cause.code === "ENOTDIR")) return undefined;
    const details = { cause, hint: "make it a file that this user can read and run the command again" };
    throw (
      outOfFiles(cause) ?? new UserError("READ_FAILED", `cannot read ${path}: ${reasonOf(cause)}`, details)
    );
  };
}

function temporaryName(path: string): string {
  const random = randomBytes(6).toString("hex");
  return join(dirname(path), `.${basename(path)}.${process.pid}-${random}.tmp`);
}

/** Each directory is made and looked at once, however many files it gets. */
async function prepareDirectories(files: readonly FileText[]): Promise<void> {
  const paths = new Set(files.map(({ path }) => path));
  const oneOfEach = new Map([...paths].map((path) => [dirname(path), path]));
  for (const [directory, path] of oneOfEach) {
    try {
      await makeDirectory(directory);
      await removeAbandoned(directory, paths);
    } catch (cause) {
      failed(path)(cause);
    }
  }
}

/** A writer that was killed could not remove its temporary files; the next one does, once that process is gone. */
async function removeAbandoned(directory: string, paths: ReadonlySet<string>): Promise<void> {
  for (const name of await readdir(directory)) {
    const [, written, pid] = /^\.(.+)\.(\d+)-[0-9a-f]{12}\.tmp$/.exec(name) ?? [];
    if (written === undefined || !paths.has(join(directory, written)) || isRunning(Number(pid))) continue;
    await rm(join(directory, name), { force: true });
  }
}

async function stage({ path, text, mode }: FileText, staged: Map<string, string>): Promise<void> {
  const temporary = temporaryName(path);
  staged.set(path, temporary);
  await writeSynced(temporary, text, mode).catch(failed(path));
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return isSystemError(error) && error.code === "EPERM";
  }
}

async function writeSynced(path: string, text: string, mode?: number): Promise<void> {
  const file = await open(path, "wx", mode);
  try {
    if (mode !== undefined) await file.chmod(mode);
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Makes renames durable (fsync(2): the directory's entry needs an fsync of its own). */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

function failed(path: string): (cause: unknown) => never {
  return (cause) => {
    throw new UserError("WRITE_FAILED", `cannot write ${path}: ${reasonOf(cause)}; the file is as it was`, {
      cause,
      hint: hintFor(cause, path),
    });
  };
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
