/** A cache in a directory: `file:///srv/cache`, as Nix's local binary cache store. */
import { randomUUID } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, link, mkdtemp, open, readdir, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { outOfFiles, UserError } from "../errors.js";
import { makeDirectory } from "../make-directory.js";
import type { BinaryCache, CacheEntry, StoredText } from "./cache.js";
import { explainedBody } from "./cache-error.js";
import { cacheText } from "./cache-text.js";
import { sharedSync } from "./shared-sync.js";

/** Begins the names of unfinished files, and of directories with such. */
const STAGING = ".staging-";
/** Nix makes these when it opens a cache, and fails as a user who may only read if they are missing. */
const NIX_FOLDERS = ["nar", "realisations", "log"];
/** After this time what is staged belongs to a process that was killed. */
const ABANDONED_AFTER_MS = 24 * 3600 * 1000;
const ABSENT: ReadonlySet<unknown> = new Set(["ENOENT", "ENOTDIR"]);

/** @param root absolute path of the directory; it is made when something is first written */
export function openFileCache(root: string): BinaryCache {
  const fileOf = (key: string) => join(root, key);
  const syncs = new Map<string, () => Promise<void>>();
  const syncNames = (directory: string) => {
    const sync = syncs.get(directory) ?? sharedSync(directory);
    syncs.set(directory, sync);
    return sync();
  };
  /** What is in the file is durable before, and its name afterwards: no name ever stands for half a file, no `.narinfo` for no archive. */
  const moveDurably = async (from: string, to: string) => {
    await inDirectoryOf(to, () => rename(from, to));
    await syncNames(dirname(to));
  };
  return {
    name: `file://${root}`,
    async readText(key) {
      const found = await unlessAbsent(root, openFile(fileOf(key)));
      return found && unlessAbsent(root, textOf(found));
    },
    find: (key) => findFile(root, key),
    async read(key) {
      const found = await unlessAbsent(root, openFile(fileOf(key)));
      return found && explainedBody(found.file.createReadStream(), (cause) => unreadable(root, cause));
    },
    contents: {
      list: () => listFiles(root),
      now: () => Date.now(),
      removeOld: (key, before) => onCache(root, removeOld(root, key, before)),
    },
    async writeText(key, { text }) {
      const staged = await onCache(root, stageText(root, text));
      await onCache(root, moveDurably(staged, fileOf(key)));
    },
    async takeFile(key, { path }) {
      await onCache(root, syncFile(path));
      await onCache(root, moveDurably(path, fileOf(key)));
    },
    async withStaging(use) {
      const directory = await onCache(root, makeStaging(root));
      try {
        return await use(directory);
      } finally {
        await rm(directory, { recursive: true, force: true });
      }
    },
    close: () => Promise.resolve(),
  };
}

interface FoundFile {
  readonly file: FileHandle;
  /** As in `StoredText`. */
  readonly modified: number;
}

/** Nothing else: who opened a pipe would wait for its writer. */
async function openFile(path: string): Promise<FoundFile> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const status = await file.stat();
    if (!status.isFile()) throw new Error(`${path} is not a file`);
    return { file, modified: status.mtimeMs };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** Closes the file. */
async function textOf({ file, modified }: FoundFile): Promise<StoredText> {
  return { text: await cacheText(file.createReadStream()), modified };
}

async function* listFiles(root: string): AsyncGenerator<CacheEntry> {
  for (const folder of ["", "nar/"]) {
    const entries = await unlessAbsent(root, readdir(join(root, folder), { withFileTypes: true }));
    for (const entry of entries ?? []) {
      const found = entry.isFile() ? await findFile(root, `${folder}${entry.name}`) : undefined;
      if (found !== undefined) yield found;
    }
  }
}

async function findFile(root: string, key: string): Promise<CacheEntry | undefined> {
  const status = await unlessAbsent(root, stat(join(root, key)));
  return status === undefined ? undefined : { key, size: status.size, modified: status.mtimeMs };
}

/** Undefined when it is not there. What cannot be read may be: whoever took it for absent would write or remove the wrong things. */
async function unlessAbsent<T>(root: string, operation: Promise<T>): Promise<T | undefined> {
  try {
    return await operation;
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && ABSENT.has(cause.code)) return undefined;
    throw unreadable(root, cause);
  }
}

function unreadable(root: string, cause: unknown): UserError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const hint = `make all of ${root} readable for this user, and run the command again`;
  const message = `cannot read the cache file://${root}: ${reason}`;
  return outOfFiles(cause) ?? new UserError("CACHE_READ_FAILED", message, { hint, cause });
}

/** What a writer puts there between the look and the removal is put back. */
async function removeOld(root: string, key: string, before: number): Promise<boolean> {
  const file = join(root, key);
  const isOld = async (path: string) => (await stat(path)).mtimeMs < before;
  const aside = await mkdtemp(join(root, STAGING));
  try {
    if (!(await isOld(file))) return false;
    await rename(file, join(aside, "removed"));
    if (await isOld(join(aside, "removed"))) return true;
    await link(join(aside, "removed"), file).catch(unlessThere);
    return false;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return true;
    throw error;
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
}

function unlessThere(error: NodeJS.ErrnoException): void {
  if (error.code !== "EEXIST") throw error;
}

/** In the cache itself: so taking a file is a rename, and a full disk is noticed before. */
async function makeStaging(root: string): Promise<string> {
  for (const name of NIX_FOLDERS) await makeDirectory(join(root, name));
  for (const name of await readdir(root)) {
    if (!name.startsWith(STAGING)) continue;
    // Those of others come and go meanwhile.
    const mtimeMs = (await stat(join(root, name)).catch(() => undefined))?.mtimeMs ?? Date.now();
    if (Date.now() - mtimeMs > ABANDONED_AFTER_MS)
      await rm(join(root, name), { recursive: true, force: true });
  }
  return mkdtemp(join(root, STAGING));
}

/** A synced file that everybody may read. */
async function stageText(root: string, text: string): Promise<string> {
  const staged = join(root, `${STAGING}${randomUUID()}`);
  const file = await inDirectoryOf(staged, () => open(staged, "wx"));
  try {
    await file.chmod(0o644);
    await file.writeFile(text);
    await file.sync();
    return staged;
  } catch (error) {
    await rm(staged, { force: true });
    throw error;
  } finally {
    await file.close();
  }
}

async function syncFile(path: string): Promise<void> {
  const file = await open(path, "r");
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Makes the directory of `path` only when that is missing: it rarely is. */
async function inDirectoryOf<T>(path: string, operation: () => Promise<T>): Promise<T> {
  try {
    return await operation();
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
    await makeDirectory(dirname(path));
    return operation();
  }
}

async function onCache<T>(root: string, operation: Promise<T>): Promise<T> {
  try {
    return await operation;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new UserError("CACHE_WRITE_FAILED", `cannot write to the cache file://${root}: ${reason}`, {
      hint: `make ${root} a directory that this user can write, with space left, and run the command again; it sends what is missing`,
      cause,
    });
  }
}
