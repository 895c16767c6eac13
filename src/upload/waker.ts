import { type FSWatcher, watch } from "node:fs";

export interface Waker {
  /** Until something changes in the directory, the time is over or `signal` is aborted. */
  wait(ms: number | undefined, signal: AbortSignal | undefined): Promise<void>;
  close(): void;
}

/** Not every file system tells of changes, and the system may have no watches left (inotify(7), `max_user_watches`). */
const LONGEST_WAIT_MS = 5_000;

/** Tells when something changed in a directory. A change between two waits ends the next one. */
export function createWaker(directory: string): Waker {
  let changed = false;
  let wake: () => void = () => undefined;
  const watcher = watchIfPossible(directory, (name) => {
    if (name?.startsWith(".") === true) return; // what we write ourselves
    changed = true;
    wake();
  });

  return {
    async wait(ms = LONGEST_WAIT_MS, signal) {
      if (!changed && signal?.aborted !== true) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(() => wake(), Math.min(ms, LONGEST_WAIT_MS));
          wake = () => {
            clearTimeout(timer);
            signal?.removeEventListener("abort", wake);
            resolve();
          };
          signal?.addEventListener("abort", wake);
        });
      }
      changed = false;
    },
    close: () => watcher?.close(),
  };
}

function watchIfPossible(directory: string, onChange: (name: string | null) => void): FSWatcher | undefined {
  try {
    const watcher = watch(directory, { persistent: false }, (_event, name) => onChange(name));
    return watcher.on("error", () => undefined); // then changes are found after the longest wait
  } catch {
    return undefined;
  }
}
