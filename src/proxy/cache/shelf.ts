import { type Stats } from "node:fs";
import { lstat, open, readdir, rm, utimes } from "node:fs/promises";
import { join } from "node:path";
import type { Log } from "../log.js";
import type { Directory } from "./directory.js";

/** The complete files of a cache, bounded in their sum: those that were not asked for the longest go first. */
export interface Shelf {
  has(key: string): Promise<boolean>;
  /** The sum, as far as this process knows. */
  bytes(): number;
  /** Notes that a file is there now, and removes others when that is too much. */
  added(key: string, size: number): Promise<void>;
  /** Notes that a file was asked for. Only the order of removal depends on it, so it fails nobody. */
  used(key: string): void;
  remove(key: string): Promise<void>;
}

export interface ShelfOptions {
  readonly maxBytes: number;
  readonly log: Log;
}

/** When files must go, more of them go than must, so that the next download does not have to look again. */
const FILL_AFTER_REMOVAL = 0.9;
/** Other processes add files, too; so what is there is counted anew now and then. */
const COUNT_AGAIN_AFTER_MS = 5 * 60_000;
/** Writing down each use would cost more than the use. */
const NOTE_USE_EVERY_MS = 60_000;
/** A download writes all the time; one that has not for this long belongs to a process that is gone. */
const ABANDONED_AFTER_MS = 60 * 60_000;

/** Counts what is there and brings it within the bound. */
export async function createShelf(directory: Directory, { maxBytes, log }: ShelfOptions): Promise<Shelf> {
  let total = 0;
  let countedAt = 0;
  const noted = new Map<string, number>();
  await tidy();

  return {
    has: async (key) => (await statusOf(directory.contentOf(key)))?.isFile() === true,
    bytes: () => total,
    async added(key, size) {
      total += size;
      await note(key);
      if (total > maxBytes || performance.now() - countedAt > COUNT_AGAIN_AFTER_MS) await tidy();
    },
    used(key) {
      if (performance.now() - (noted.get(key) ?? -Infinity) <= NOTE_USE_EVERY_MS) return;
      noted.set(key, performance.now());
      noteUse(key).catch(() => {});
    },
    remove,
  };

  /** Another process may have removed the file, which is served from memory all the same. */
  async function noteUse(key: string): Promise<void> {
    if ((await statusOf(directory.contentOf(key))) !== undefined) await note(key);
  }

  /** The time is kept beside the file: setting it on the file itself would count as a change of it. */
  async function note(key: string): Promise<void> {
    noted.set(key, performance.now());
    const now = new Date();
    await utimes(directory.usedOf(key), now, now).catch(async () => {
      const file = await open(directory.usedOf(key), "a", 0o600);
      await file.close();
    });
  }

  async function tidy(): Promise<void> {
    countedAt = performance.now();
    await removeAbandoned(directory);
    const files = await filesOf(directory);
    total = files.reduce((sum, { size }) => sum + size, 0);
    if (total <= maxBytes) return;
    let removed = 0;
    for (const { key, size } of files.toSorted((a, b) => a.lastUse - b.lastUse)) {
      if (total <= maxBytes * FILL_AFTER_REMOVAL) break;
      await remove(key);
      total -= size;
      removed++;
    }
    log({ level: "info", event: "evicted", files: removed, bytes: total });
  }

  async function remove(key: string): Promise<void> {
    noted.delete(key);
    // Not a recursive removal of whatever was planted there: a directory stays and is never read.
    await rm(directory.contentOf(key), { force: true }).catch(() => {});
    await rm(directory.usedOf(key), { force: true }).catch(() => {});
  }
}

interface ShelvedFile {
  readonly key: string;
  readonly size: number;
  /** In milliseconds since 1970. */
  readonly lastUse: number;
}

async function filesOf(directory: Directory): Promise<ShelvedFile[]> {
  const files: ShelvedFile[] = [];
  for (const key of await readdir(directory.content)) {
    const status = await statusOf(directory.contentOf(key));
    if (status === undefined) continue;
    const used = await statusOf(directory.usedOf(key));
    files.push({ key, size: status.size, lastUse: (used ?? status).mtimeMs });
  }
  return files;
}

async function removeAbandoned({ incoming }: Directory): Promise<void> {
  for (const name of await readdir(incoming)) {
    const path = join(incoming, name);
    const status = await statusOf(path);
    if (status !== undefined && Date.now() - status.mtimeMs > ABANDONED_AFTER_MS)
      await rm(path, { force: true });
  }
}

/** Undefined when it is not there, or not any more: another process tidies the same directory. */
async function statusOf(path: string): Promise<Stats | undefined> {
  return lstat(path).catch(() => undefined);
}
