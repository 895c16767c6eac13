/** A cache in a directory: `file:///srv/cache`, as Nix's local binary cache store. */
import { chmod, link, mkdir, mkdtemp, open, readdir, rename, rm, stat, utimes } from "node:fs/promises";
import { dirname, join } from "node:path";
import { UserError } from "../errors.js";
import { readText, writeFiles } from "../write-file.js";
import type { BinaryCache, CacheEntry } from "./cache.js";

/** Begins the names of directories with unfinished files. */
const STAGING = ".staging-";
/** Nix makes these when it opens a cache, and fails as a user who may only read if they are missing. */
const NIX_FOLDERS = ["nar", "realisations", "log"];
/** After this time a staging directory belongs to a process that was killed. */
const ABANDONED_AFTER_MS = 24 * 3600 * 1000;
const ABSENT: ReadonlySet<unknown> = new Set(["ENOENT", "ENOTDIR"]);

/** @param root absolute path of the directory; it is made when something is first written */
export function openFileCache(root: string): BinaryCache {
  const fileOf = (key: string) => join(root, key);
  return {
    name: `file://${root}`,
    async readText(key) {
      const text = await readText(fileOf(key));
      const entry = text === undefined ? undefined : await findFile(root, key);
      return text === undefined || entry === undefined ? undefined : { text, modified: entry.modified };
    },
    find: (key) => findFile(root, key),
    async read(key) {
      const file = await unlessAbsent(root, open(fileOf(key), "r"));
      return file?.createReadStream();
    },
    contents: {
      list: () => listFiles(root),
      now: () => Date.now(),
      removeOld: (key, before) => onCache(root, removeOld(root, key, before)),
    },
    async writeText(key, { text }) {
      const written = await writeFiles([{ path: fileOf(key), text }]);
      const now = new Date();
      if (written.length === 0) await onCache(root, utimes(fileOf(key), now, now));
    },
    takeFile: (key, { path }) => onCache(root, moveDurably(path, fileOf(key))),
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
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new UserError("CACHE_READ_FAILED", `cannot read the cache file://${root}: ${reason}`, {
      hint: `make all of ${root} readable for this user, and run the command again`,
      cause,
    });
  }
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
  for (const name of NIX_FOLDERS) await mkdir(join(root, name), { recursive: true });
  for (const name of await readdir(root)) {
    if (!name.startsWith(STAGING)) continue;
    // Those of others come and go meanwhile.
    const mtimeMs = (await stat(join(root, name)).catch(() => undefined))?.mtimeMs ?? Date.now();
    if (Date.now() - mtimeMs > ABANDONED_AFTER_MS)
      await rm(join(root, name), { recursive: true, force: true });
  }
  return mkdtemp(join(root, STAGING));
}

/** The bytes reach the disk before the name does, so that no name ever stands for half a file. */
async function moveDurably(from: string, to: string): Promise<void> {
  const file = await open(from, "r");
  try {
    await file.sync();
  } finally {
    await file.close();
  }
  await chmod(from, 0o644);
  await mkdir(dirname(to), { recursive: true });
  await rename(from, to);
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
