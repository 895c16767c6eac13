/** `artifacts cache gc`: what of a binary cache nothing needs any more, and on request its removal. */
import { resolve } from "node:path";
import type { BinaryCache, CacheContents, CacheEntry } from "../cache/cache.js";
import { openCache } from "../cache/open-cache.js";
import { UserError } from "../errors.js";
import { openProject } from "../project.js";
import { findGarbage, type Garbage, sizeOf } from "../publish/garbage.js";
import { removeGarbage } from "../publish/remove-garbage.js";
import { MIN_GRACE_DAYS } from "../publish/rely-on.js";
import { storePathAt } from "../store/store-path-at.js";
import { formatBytes } from "../terminal/quantities.js";
import type { CommandContext, CommandResult, Run } from "./command.js";
import { readLocks } from "./locks.js";
import { readLocksAtRefs } from "./locks-at-refs.js";

export interface CacheGcOptions {
  readonly store?: string;
  readonly lock?: readonly string[];
  readonly ref?: readonly string[];
  readonly keep?: readonly string[];
  readonly grace?: string;
  readonly delete?: boolean;
}

const DEFAULT_GRACE_DAYS = 30;
const DAY_MS = 24 * 3600 * 1000;

export const run: Run<CacheGcOptions> = async (_names, options, context) => {
  const { cwd, env, signal, terminal } = context;
  const grace = parseGrace(options.grace);
  if (options.store === undefined) throw noStore();
  const roots = await rootsOf(options, context);
  const cache = await openCache(options.store, { cwd, env, signal });
  try {
    const contents = requireContents(cache);
    const before = contents.now() - grace * DAY_MS;
    const onProgress = (done: number) => terminal.step(`read ${done} paths of ${cache.name}`);
    const work = { cache, contents, roots, before, signal, onProgress };
    const garbage = await findGarbage(work);
    const all = [...garbage.paths.values(), ...garbage.archives, ...garbage.listings];
    if (options.delete !== true) return resultOf(cache, garbage, { entries: all, deleted: false });
    terminal.step(`removing ${all.length} files from ${cache.name}`);
    return resultOf(cache, garbage, { entries: await removeGarbage(garbage, work), deleted: true });
  } finally {
    await cache.close();
  }
};

async function rootsOf(options: CacheGcOptions, { cwd, env }: CommandContext): Promise<string[]> {
  const { lock, ref = [], keep = [] } = options;
  const lockFile = lock === undefined || ref.length > 0 ? (await openProject(cwd)).lockFile : "";
  const locks = await readLocks(
    lock?.map((file) => resolve(cwd, file)),
    lockFile,
  );
  const all = [...locks, ...(await readLocksAtRefs(ref, { lockFile, env }))];
  const locked = all.flatMap(({ artifacts }) =>
    Object.values(artifacts).flatMap(({ systems }) =>
      Object.values(systems).map(({ storePath }) => storePath),
    ),
  );
  const kept = await Promise.all(keep.map((path) => storePathAt(resolve(cwd, path))));
  return [...new Set([...locked, ...kept])];
}

function parseGrace(text: string | undefined): number {
  if (text === undefined) return DEFAULT_GRACE_DAYS;
  const days = Number(text);
  if (/^\d+(\.\d+)?$/.test(text) && days >= MIN_GRACE_DAYS) return days;
  throw new UserError("BAD_GRACE", `--grace ${text}: expected a number of days, ${MIN_GRACE_DAYS} or more`, {
    exitCode: 2,
    hint: "whoever publishes counts for that long on what the cache had; younger things cannot be told from those",
  });
}

function requireContents({ name, contents }: BinaryCache): CacheContents {
  if (contents !== undefined) return contents;
  throw new UserError("CACHE_NOT_LISTED", `${name} cannot say what it holds, since it is behind HTTP`, {
    exitCode: 2,
    hint: "run this where its files are, with --store /DIR, or on its bucket, with --store s3://…",
  });
}

function noStore(): UserError {
  return new UserError("NO_CACHE", "tidy which cache?", {
    exitCode: 2,
    hint: "name it: --store file:///DIR or --store 's3://BUCKET?region=…'",
  });
}

interface Removal {
  readonly entries: readonly CacheEntry[];
  readonly deleted: boolean;
}

function resultOf({ name }: BinaryCache, garbage: Garbage, { entries, deleted }: Removal): CommandResult {
  const { paths, kept } = garbage;
  const bytes = sizeOf(entries);
  const removed = entries.map(({ key, size }) => ({
    key,
    path: paths.get(key)?.info?.storePath,
    bytes: size,
  }));
  const what = `${deleted ? "removed" : "nothing needs"} ${entries.length} files, ${formatBytes(bytes)}`;
  const summary = `${name}: ${what}; ${kept.paths} paths stay, ${formatBytes(kept.bytes)}`;
  const more = deleted || entries.length === 0 ? [] : ["nothing was changed; --delete removes them"];
  return {
    data: { cache: name, deleted, bytes, removed, kept },
    text: [...linesOf(garbage, entries), summary, ...more].join("\n"),
  };
}

/** A line for each path, with its archive, and for each archive without a path; the largest first. */
function linesOf({ paths }: Garbage, entries: readonly CacheEntry[]): string[] {
  const sizes = new Map(entries.map(({ key, size }) => [key, size]));
  const lines = new Map(entries.map(({ key, size }) => [key, { name: key, bytes: size }]));
  for (const { key } of entries) {
    const info = paths.get(key)?.info;
    if (info === undefined) continue;
    lines.set(key, { name: info.storePath, bytes: (sizes.get(key) ?? 0) + (sizes.get(info.url) ?? 0) });
    lines.delete(info.url);
  }
  return [...lines.values()]
    .sort((a, b) => b.bytes - a.bytes)
    .map(({ name, bytes }) => `${formatBytes(bytes).padStart(9)}  ${name}`);
}
