import { open } from "node:fs/promises";
import { type Content, ContentLost, type SharedHandle, shareHandle } from "./content.js";
import { onCacheDisk } from "./on-cache-disk.js";
import { readAt } from "./read-at.js";
import { writeChunks } from "./write-chunks.js";

/**
 * A download into a file that any number of readers follow, each at its own pace: who reads slowly holds nobody up, and who goes
 * away leaves the others theirs. Only when the last one goes is the download given up.
 */
export interface Arriving {
  /** One reader more; undefined when the download has ended. */
  join(): Content | undefined;
}

export interface ArrivingOptions {
  /** A path that does not exist yet. */
  readonly file: string;
  /** The bytes. They end only if they are the expected ones. */
  readonly body: (signal: AbortSignal) => Promise<AsyncIterable<Uint8Array>>;
  /** All bytes are there and verified. Called at most once; who keeps the handle takes it. */
  readonly complete: (shared: SharedHandle) => Promise<void>;
  /** It is over, and nobody can join any more. Called once. */
  readonly ended: () => void;
}

/** Starts the download. The caller joins at once. */
export function startArriving({ file, body, complete, ended }: ArrivingOptions): Arriving {
  const controller = new AbortController();
  const progress = createSignal();
  let shared: SharedHandle | undefined;
  let available = 0;
  let state: "running" | "verified" | { readonly failure: unknown } = "running";
  let readers = 0;
  let finished = false;
  void run();

  async function run(): Promise<void> {
    try {
      const chunks = await body(controller.signal);
      shared = shareHandle(await onCacheDisk(file, open(file, "wx+", 0o600)));
      await writeChunks({ file, handle: shared.handle }, chunks, (count) => {
        available += count;
        progress.raise();
      });
      state = "verified";
      progress.raise();
      await complete(shared);
    } catch (failure) {
      if (state === "running") state = { failure };
    } finally {
      finished = true;
      ended();
      progress.raise();
      letGo();
    }
  }

  function letGo(): void {
    if (finished && readers === 0) shared?.release();
  }

  return {
    join() {
      if (finished || typeof state === "object" || controller.signal.aborted) return undefined;
      readers++;
      let closed = false;
      return {
        bytes: undefined,
        async read(buffer, position) {
          const file = await until(() => (available > position ? shared : undefined));
          return readAt(file.handle.fd, buffer.subarray(0, available - position), position);
        },
        verified: async () => void (await until(() => (state === "verified" ? shared : undefined))),
        close() {
          if (closed) return;
          closed = true;
          readers--;
          progress.raise();
          if (readers === 0 && state === "running") controller.abort();
          letGo();
        },
      };

      /** Waits for what `find` looks for. */
      async function until<T>(find: () => T | undefined): Promise<T> {
        for (;;) {
          if (closed) throw new ContentLost("closed");
          if (typeof state === "object") throw state.failure;
          const found = find();
          if (found !== undefined) return found;
          await progress.next();
        }
      }
    },
  };
}

/** Wakes everybody who waits, as often as there is something new. */
function createSignal() {
  let waiting: (() => void)[] = [];
  return {
    next: () => new Promise<void>((resolve) => waiting.push(resolve)),
    raise() {
      const woken = waiting;
      waiting = [];
      for (const wake of woken) wake();
    },
  };
}
