import type { VerifiedContent } from "./verified-content.js";

/** Files that stay open, so that who asks for what was asked for lately gets it without a search or a hash. */
export interface HeldFiles {
  /** The file, unless it was verified too long ago to be trusted without a look at its bytes. */
  get(key: string): VerifiedContent | undefined;
  add(key: string, file: VerifiedContent): void;
  drop(key: string): void;
  /** Lets go of those that are not in the cache any more: as long as one is open, it takes its place on the disk. */
  dropRemoved(): void;
  close(): void;
}

/** Each is an open file, or up to 256 KiB of memory. */
const MOST_FILES = 128;
/** A disk can lose bits without any write: so once a day a file is hashed again. */
const HASH_AGAIN_AFTER_MS = 24 * 60 * 60 * 1000;
/** Another process removes files, too. */
const LOOK_FOR_REMOVED_MS = 60_000;

export function createHeldFiles(): HeldFiles {
  /** Least recently used first, as a Map keeps the order of insertion. */
  const files = new Map<string, { readonly file: VerifiedContent; readonly since: number }>();

  let closed = false;
  const timer = setInterval(dropRemoved, LOOK_FOR_REMOVED_MS).unref();

  function drop(key: string): void {
    files.get(key)?.file.release();
    files.delete(key);
  }

  function dropRemoved(): void {
    for (const [key, { file }] of files) if (!file.unchanged()) drop(key);
  }

  return {
    get(key) {
      const held = files.get(key);
      if (held === undefined) return undefined;
      if (performance.now() - held.since > HASH_AGAIN_AFTER_MS) {
        drop(key);
        return undefined;
      }
      files.delete(key);
      files.set(key, held);
      return held.file;
    },
    add(key, file) {
      drop(key);
      if (closed) return file.release();
      files.set(key, { file, since: performance.now() });
      const [oldest] = files.keys();
      if (files.size > MOST_FILES && oldest !== undefined) drop(oldest);
    },
    drop,
    dropRemoved,
    close() {
      closed = true;
      clearInterval(timer);
      for (const key of files.keys()) drop(key);
    },
  };
}
