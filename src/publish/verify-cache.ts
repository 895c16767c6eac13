/** Reads a whole binary cache and compares what it promises with what is there. */
import pLimit from "p-limit";
import type { BinaryCache } from "../cache/cache.js";
import { UserError } from "../errors.js";
import type { LockedEntry } from "../lock/entry.js";
import { narInfoKey, parseNarInfo } from "../store/narinfo.js";
import { compareArchive } from "./compare-archive.js";
import { promises } from "./promises.js";

export interface Verified {
  /** Archives that were read and are what their `.narinfo` says. */
  readonly sound: number;
  /** Archives that no `.narinfo` names: what an interrupted writer left, or what a writer is adding now. */
  readonly orphans: readonly string[];
  readonly problems: readonly UserError[];
}

export interface VerifyOptions {
  readonly cache: BinaryCache;
  /** What must be there. */
  readonly locked: readonly LockedEntry[];
  readonly signal?: AbortSignal | undefined;
  /** Called with the number of archives that were read. */
  readonly onProgress?: ((done: number) => void) | undefined;
}

const READS_AT_ONCE = 8;

/**
 * Every archive is read once, in constant memory. A cache that cannot be listed is checked for what is locked only.
 *
 * @throws UserError when the cache cannot be read
 */
export async function verifyCache({ cache, locked, signal, onProgress }: VerifyOptions): Promise<Verified> {
  const there = await listKeys(cache);
  const lockedKeys = new Map(locked.map((one) => [narInfoKey(one.variant.storePath), one]));
  const listed = [...(there ?? [])].filter((key) => /^[0-9a-z]{32}\.narinfo$/.test(key));
  const limit = pLimit(READS_AT_ONCE);
  let done = 0;
  const checks = [...new Set([...listed, ...lockedKeys.keys()])].sort().map((key) =>
    limit(async () => {
      signal?.throwIfAborted();
      const checked = await checkPath(key, lockedKeys.get(key), cache);
      onProgress?.(++done);
      return checked;
    }),
  );
  await Promise.allSettled(checks); // so that nothing is read any more when one has failed
  const checked = await Promise.all(checks);
  const problems = checked.flatMap(({ problem }) => problem ?? []);
  const named = new Set(checked.map(({ url }) => url));
  const orphans = [...(there ?? [])].filter((key) => key.startsWith("nar/") && !named.has(key));
  return { sound: checked.length - problems.length, orphans: orphans.sort(), problems };
}

async function listKeys(cache: BinaryCache): Promise<ReadonlySet<string> | undefined> {
  if (cache.contents === undefined) return undefined;
  const keys = new Set<string>();
  for await (const { key } of cache.contents.list()) keys.add(key);
  return keys;
}

interface Checked {
  /** The archive that is promised, when that can be read. */
  readonly url?: string;
  readonly problem?: UserError;
}

async function checkPath(key: string, locked: LockedEntry | undefined, cache: BinaryCache): Promise<Checked> {
  const stored = await cache.readText(key);
  if (stored === undefined)
    return { problem: broken("CACHE_MISSING", whose(locked, key), "is not in the cache") };
  const info = parseNarInfo(stored.text);
  if (info === undefined || narInfoKey(info.storePath) !== key) {
    return { problem: broken("CACHE_DAMAGED", whose(locked, key), `${key} is damaged`) };
  }
  const { url, storePath } = info;
  if (locked !== undefined && !promises(info, locked.variant)) {
    const problem = broken("CACHE_MISMATCH", whose(locked, key), `${key} says something else than the lock`);
    return { url, problem };
  }
  const difference = await compareArchive(info, cache);
  if (difference === undefined) return { url };
  return { url, problem: broken(difference.code, whose(locked, storePath), `${url} ${difference.what}`) };
}

function whose(locked: LockedEntry | undefined, otherwise: string): string {
  return locked === undefined ? otherwise : `${locked.artifact} (${locked.system})`;
}

function broken(code: string, name: string, problem: string): UserError {
  return new UserError(code, `${name}: ${problem}`, {
    hint: "artifacts publish --to CACHE replaces what is locked; an archive that is damaged must be removed first",
  });
}
