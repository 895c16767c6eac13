/**
 * What a writer may count on although a cache is tidied meanwhile. `cache gc` spares what was written within the last day or longer
 * (`MIN_GRACE_DAYS`); a writer that finds something older writes it anew before it counts on it. So neither waits for the other.
 */
import type { BinaryCache, CacheEntry } from "../cache/cache.js";
import { NARINFO_TYPE, type NarInfo, parseNarInfo } from "../store/narinfo.js";

/** The shortest time for which `cache gc` may spare what was written. */
export const MIN_GRACE_DAYS = 1;
/** Half of the shortest grace: the rest is time to finish, and for clocks that differ. */
const YOUNG_MS = 12 * 3600 * 1000;

/** Whether what was found may be counted on as it is. Where a cache does not tell its age, nothing tidies it. */
export function isYoung({ modified }: Pick<CacheEntry, "modified">): boolean {
  return modified === undefined || Date.now() - modified < YOUNG_MS;
}

/**
 * Whether the cache has a `.narinfo` under `key` that is the one wanted, and its archive. Both then stay for as long as a run takes.
 *
 * @param isWanted what a `.narinfo` must say
 */
export async function isWhole(
  key: string,
  cache: BinaryCache,
  isWanted: (info: NarInfo) => boolean,
): Promise<boolean> {
  const stored = await cache.readText(key);
  const info = parseNarInfo(stored?.text ?? "");
  if (stored === undefined || info === undefined || !isWanted(info)) return false;
  // A .narinfo that is young keeps its archive, however old that is.
  if (!isYoung(stored)) await cache.writeText(key, { text: stored.text, type: NARINFO_TYPE });
  return (await cache.find(info.url)) !== undefined;
}
