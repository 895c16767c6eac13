/**
 * What a writer may count on although a cache is tidied meanwhile. `cache gc` spares what was written within the last day or longer
 * (`MIN_GRACE_DAYS`); a writer that finds something older writes it anew before it counts on it. So neither waits for the other.
 */
import { setTimeout } from "node:timers/promises";
import type { BinaryCache, CacheEntry } from "../cache/cache.js";
import { NARINFO_TYPE, type NarInfo, parseNarInfo } from "../store/narinfo.js";

/** The shortest time for which `cache gc` may spare what was written. */
export const MIN_GRACE_DAYS = 1;
/** Half of the shortest grace: the rest is time to finish, and for clocks that differ. */
const YOUNG_MS = 12 * 3600 * 1000;
/** Longer than a removal takes after the last look at what it removes. */
const REMOVAL_MS = 1000;

/** Whether what was found may be counted on as it is. Where a cache does not tell its age, nothing tidies it. */
export function isYoung({ modified }: Pick<CacheEntry, "modified">): boolean {
  return modified === undefined || Date.now() - modified < YOUNG_MS;
}

/** What a cache has of a path. */
export interface Presence {
  /** The `.narinfo` that is wanted, and its archive. Both then stay for as long as a run takes, if the former `stays`. */
  readonly whole: boolean;
  /** Something old is, or was, under the key of the `.narinfo`: what is written there must be looked at again (`stays`). */
  readonly old: boolean;
}

/** @param isWanted what a `.narinfo` under `key` must say */
export async function findWhole(
  key: string,
  cache: BinaryCache,
  isWanted: (info: NarInfo) => boolean,
): Promise<Presence> {
  const stored = await cache.readText(key);
  const old = stored !== undefined && !isYoung(stored);
  const info = parseNarInfo(stored?.text ?? "");
  if (stored === undefined || info === undefined || !isWanted(info)) return { whole: false, old };
  // A .narinfo that is young keeps its archive, however old that is.
  if (old) await cache.writeText(key, { text: stored.text, type: NARINFO_TYPE });
  return { whole: (await cache.find(info.url)) !== undefined, old };
}

/**
 * Whether something old that was just written anew is still there when a collection that saw it before has done its work: S3 cannot
 * remove on condition, so that a removal may be on its way.
 */
export async function stays(key: string, cache: BinaryCache): Promise<boolean> {
  // A directory misses a file for the moment in which a collection looks at it.
  for (const pauseMs of [REMOVAL_MS, 100]) {
    await setTimeout(pauseMs);
    if ((await cache.find(key)) !== undefined) return true;
  }
  return false;
}
