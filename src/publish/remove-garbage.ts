/** Removes what `findGarbage` found, beside writers that know nothing of it. */
import pLimit from "p-limit";
import type { CacheEntry } from "../cache/cache.js";
import {
  archivesOf,
  type CachedPath,
  type Garbage,
  type GarbageOptions,
  readPaths,
  referencesOf,
} from "./garbage.js";

const REMOVALS_AT_ONCE = 16;

/**
 * First the promises, those of referrers before those of what they refer to; then, after another look at all promises, the archives
 * that none names. Everything is looked at again just before it goes, and stays when it was written anew. So at every moment, and
 * wherever this is ended, what is promised is there with all that it refers to; the next run removes the rest.
 *
 * @returns what is gone
 */
export async function removeGarbage(garbage: Garbage, options: GarbageOptions): Promise<CacheEntry[]> {
  const paths = await removePaths(garbage.paths, options);
  const gone = new Set(paths.map(({ key }) => key));
  const listings = garbage.listings.filter(({ key }) => gone.has(key.replace(/ls$/, "narinfo")));
  const named = await archivesNamedNow(garbage, options);
  const archives = garbage.archives.filter(({ key }) => !named.has(key));
  return [...paths, ...(await removeAll([...listings, ...archives], options))];
}

/** Level by level: what a path that stays refers to is never reached, and neither is a circle, which Nix does not make. */
async function removePaths(
  dead: ReadonlyMap<string, CachedPath>,
  options: GarbageOptions,
): Promise<CachedPath[]> {
  const referrers = new Map([...dead.keys()].map((key) => [key, 0]));
  const count = (path: CachedPath, by: number) => {
    const keys = [...new Set(referencesOf(path))].filter((key) => dead.has(key));
    for (const key of keys) referrers.set(key, (referrers.get(key) ?? 0) + by);
    return keys.flatMap((key) => (referrers.get(key) === 0 ? (dead.get(key) ?? []) : []));
  };
  for (const path of dead.values()) count(path, 1);
  const removed: CachedPath[] = [];
  let level = [...dead.values()].filter(({ key }) => referrers.get(key) === 0);
  while (level.length > 0) {
    const gone = await removeAll(level, options);
    removed.push(...gone);
    level = gone.flatMap((path) => count(path, -1));
  }
  return removed;
}

async function archivesNamedNow({ read }: Garbage, options: GarbageOptions): Promise<ReadonlySet<string>> {
  const entries: CacheEntry[] = [];
  for await (const entry of options.contents.list()) entries.push(entry);
  const paths = await readPaths(entries, { ...options, onProgress: undefined }, read);
  return archivesOf([...paths.values()]);
}

async function removeAll<T extends CacheEntry>(
  entries: readonly T[],
  { contents, before, signal }: GarbageOptions,
): Promise<T[]> {
  const limit = pLimit(REMOVALS_AT_ONCE);
  const removing = entries.map((entry) =>
    limit(async () => {
      signal?.throwIfAborted();
      return (await contents.removeOld(entry.key, before)) ? [entry] : [];
    }),
  );
  await Promise.allSettled(removing); // so that nothing is removed any more when one has failed
  return (await Promise.all(removing)).flat();
}
