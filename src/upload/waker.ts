import { watch } from "node:fs";

export interface Waker {
  /** Until something changes in the directory, the time is over or `signal` is aborted. */
  wait(ms: number | undefined, signal: AbortSignal | undefined): Promise<void>;
  close(): void;
}

/** Not every file system tells of changes. */
const LONGEST_WAIT_MS = 5_000;

/** Tells when something changed in a directory. A change between two waits ends the next one. */
export function createWaker(directory: string): Waker {
  let changed = false;
  let wake: () => void = () => undefined;
  const watcher = watch(directory, { persistent: false }, (_event, name) => {
    if (name?.startsWith(".") === true) return; // what we write ourselves
    changed = true;
    wake();
  });
  watcher.on("error", () => undefined); // then it is found after the longest wait

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
    close: () => watcher.close(),
  };
}
