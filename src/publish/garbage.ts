/**
 * What of a binary cache nothing needs any more: neither a root, nor anything written lately, nor what these refer to. Looks only;
 * `remove-garbage.ts` removes.
 */
import pLimit from "p-limit";
import type { BinaryCache, CacheContents, CacheEntry } from "../cache/cache.js";
import { UserError } from "../errors.js";
import { type NarInfo, narInfoKey, parseNarInfo } from "../store/narinfo.js";

/** A `.narinfo` in a cache. */
export interface CachedPath extends CacheEntry {
  /** Undefined when the text is none that Nix would take. */
  readonly info: NarInfo | undefined;
}

export interface Garbage {
  /** By key. They promise what nothing needs. */
  readonly paths: ReadonlyMap<string, CachedPath>;
  /** Archives that nothing else promises. */
  readonly archives: readonly CacheEntry[];
  /** Listings of files of those paths (`nix copy` with `write-nar-listing`). */
  readonly listings: readonly CacheEntry[];
  /** Every `.narinfo` that was read, by key. */
  readonly read: ReadonlyMap<string, CachedPath>;
  /** What stays, beside the few files of a cache that are neither. */
  readonly kept: { readonly paths: number; readonly bytes: number };
}

export interface GarbageOptions {
  readonly cache: BinaryCache;
  /** Of `cache`. */
  readonly contents: CacheContents;
  /** Store paths to be kept, with all that they refer to. */
  readonly roots: readonly string[];
  /** What was written at or after this time is kept, in milliseconds since 1970. */
  readonly before: number;
  readonly signal?: AbortSignal | undefined;
  /** Called with the number of `.narinfo` that were read. */
  readonly onProgress?: ((done: number) => void) | undefined;
}

const READS_AT_ONCE = 16;

/**
 * @throws UserError when the cache cannot be read; GC_NO_ROOTS when it has none of the roots, which speaks for a wrong lock or a wrong
 * cache; CACHE_DAMAGED when something that is kept does not say what it refers to
 */
export async function findGarbage(options: GarbageOptions): Promise<Garbage> {
  const entries: CacheEntry[] = [];
  for await (const entry of options.contents.list()) entries.push(entry);
  const paths = await readPaths(entries, options);
  const rootKeys = options.roots.map(narInfoKey).filter((key) => paths.has(key));
  if (rootKeys.length === 0) throw noRoots(options);
  const young = [...paths.values()].filter((path) => !isOlder(path, options.before)).map(({ key }) => key);
  const live = reachable([...rootKeys, ...young], paths);
  const named = archivesOf([...live].flatMap((key) => paths.get(key) ?? []));
  const old = entries.filter((entry) => isOlder(entry, options.before));
  const isDead = (key: string) => paths.has(key) && !live.has(key);
  const garbage = {
    read: paths,
    paths: new Map([...paths].filter(([key]) => isDead(key))),
    archives: old.filter(({ key }) => key.startsWith("nar/") && !named.has(key)),
    listings: old.filter(({ key }) => key.endsWith(".ls") && isDead(key.replace(/ls$/, "narinfo"))),
  };
  const removed = [...garbage.paths.values(), ...garbage.archives, ...garbage.listings];
  return { ...garbage, kept: { paths: live.size, bytes: sizeOf(entries) - sizeOf(removed) } };
}

/**
 * The `.narinfo` among `entries`, by key. What has gone since is left out.
 *
 * @param known what was read before, and is not read again while it is old
 */
export async function readPaths(
  entries: readonly CacheEntry[],
  { cache, before, signal, onProgress }: GarbageOptions,
  known: ReadonlyMap<string, CachedPath> = new Map(),
): Promise<Map<string, CachedPath>> {
  const limit = pLimit(READS_AT_ONCE);
  let done = 0;
  const reading = entries
    .filter(({ key }) => /^[0-9a-z]{32}\.narinfo$/.test(key))
    .map((entry) =>
      limit(async () => {
        signal?.throwIfAborted();
        const old = known.get(entry.key);
        if (old !== undefined && old.modified === entry.modified && isOlder(entry, before)) return [old];
        const stored = await cache.readText(entry.key);
        onProgress?.(++done);
        if (stored === undefined) return [];
        const info = parseNarInfo(stored.text);
        return [
          {
            ...entry,
            info: info !== undefined && narInfoKey(info.storePath) === entry.key ? info : undefined,
          },
        ];
      }),
    );
  await Promise.allSettled(reading); // so that nothing is read any more when one has failed
  return new Map((await Promise.all(reading)).flat().map((path) => [path.key, path]));
}

/** Keys of the archives that paths promise. */
export function archivesOf(paths: readonly CachedPath[]): Set<string> {
  return new Set(paths.flatMap(({ info }) => (info === undefined ? [] : info.url.replace(/^(\.\/)+/, ""))));
}

/** Keys of what a path refers to, itself left out. */
export function referencesOf({ key, info }: CachedPath): string[] {
  const keys = (info?.references ?? []).map((name) => `${name.slice(0, 32)}.narinfo`);
  return keys.filter((one) => one !== key);
}

export function sizeOf(entries: readonly CacheEntry[]): number {
  return entries.reduce((sum, { size }) => sum + size, 0);
}

function isOlder({ modified }: CacheEntry, before: number): boolean {
  return modified !== undefined && modified < before;
}

function reachable(roots: readonly string[], paths: ReadonlyMap<string, CachedPath>): Set<string> {
  const live = new Set<string>();
  const waiting = [...roots];
  for (let key = waiting.pop(); key !== undefined; key = waiting.pop()) {
    const path = paths.get(key);
    if (path === undefined || live.has(key)) continue;
    if (path.info === undefined) throw damaged(key);
    live.add(key);
    waiting.push(...referencesOf(path));
  }
  return live;
}

function noRoots({ cache, roots }: GarbageOptions): UserError {
  const what =
    roots.length === 0
      ? "nothing is locked or to be kept"
      : `none of the ${roots.length} paths to be kept is there`;
  return new UserError("GC_NO_ROOTS", `${cache.name}: ${what}, so everything would be garbage`, {
    hint: "is it the right cache? name what must stay: --lock FILE, --ref REF, --keep PATH",
  });
}

function damaged(key: string): UserError {
  return new UserError(
    "CACHE_DAMAGED",
    `${key} is to be kept and is damaged: nobody knows what it refers to`,
    {
      hint: "write it again (artifacts publish does, for what is locked) or remove it, then run this again",
    },
  );
}
