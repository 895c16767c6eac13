/** A cache in a directory: `file:///srv/cache`, as Nix's local binary cache store. */
import { access, chmod, mkdir, mkdtemp, open, readdir, rename, rm, stat } from "node:fs/promises";
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

/** @param root absolute path of the directory; it is made when something is first written */
export function openFileCache(root: string): BinaryCache {
  const fileOf = (key: string) => join(root, key);
  return {
    name: `file://${root}`,
    readText: (key) => readText(fileOf(key)),
    async has(key) {
      return access(fileOf(key)).then(
        () => true,
        () => false,
      );
    },
    async read(key) {
      const file = await open(fileOf(key), "r").catch(() => undefined);
      return file?.createReadStream();
    },
    list: () => listFiles(root),
    async writeText(key, { text }) {
      await writeFiles([{ path: fileOf(key), text }]);
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
    const entries = await readdir(join(root, folder), { withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      if (!entry.isFile()) continue;
      const key = `${folder}${entry.name}`;
      yield { key, size: (await stat(join(root, key))).size };
    }
  }
}

/** In the cache itself: so taking a file is a rename, and a full disk is noticed before. */
async function makeStaging(root: string): Promise<string> {
  for (const name of NIX_FOLDERS) await mkdir(join(root, name), { recursive: true });
  for (const name of await readdir(root)) {
    if (!name.startsWith(STAGING)) continue;
    const { mtimeMs } = await stat(join(root, name));
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
