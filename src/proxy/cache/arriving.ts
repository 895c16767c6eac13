import { open } from "node:fs/promises";
import { type Content, ContentLost, type SharedHandle, shareHandle } from "./content.js";
import { onCacheDisk } from "./on-cache-disk.js";
import { readAt } from "./read-at.js";
import type { Source, Sources } from "./relay.js";
import { writeChunks } from "./write-chunks.js";

/**
 * A download into a file that any number of readers follow, each at its own pace: who reads slowly holds nobody up, and who goes
 * away leaves the others theirs. Only when the last one goes is the download given up.
 */
export interface Arriving {
  /** One reader more, who can carry the download on; undefined when it has ended. */
  join(source: Source): Content | undefined;
}

export interface ArrivingOptions {
  /** A path that does not exist yet. */
  readonly file: string;
  /** The bytes. They end only if they are the expected ones. */
  readonly body: (sources: Sources, signal: AbortSignal) => Promise<AsyncIterable<Uint8Array>>;
  /** All bytes are there and verified. Called at most once; who keeps the handle takes it. */
  readonly complete: (shared: SharedHandle) => Promise<void>;
  /** It is over, and nobody can join any more. Called once. */
  readonly ended: () => void;
}

interface Reader {
  readonly source: Source;
  /** Set when GitLab does not let this reader have the bytes any more. */
  refused: { readonly reason: unknown } | undefined;
}

/** The download starts when the first reader joins. */
export function startArriving({ file, body, complete, ended }: ArrivingOptions): Arriving {
  const controller = new AbortController();
  const progress = createSignal();
  let shared: SharedHandle | undefined;
  let available = 0;
  let state: "running" | "verified" | { readonly failure: unknown } = "running";
  const readers = new Set<Reader>();
  let started = false;
  let finished = false;
  const sources: Sources = {
    next: () => [...readers].find(({ refused }) => refused === undefined)?.source,
    refuse(asker, reason) {
      for (const reader of readers) if (reader.source.asker === asker) reader.refused = { reason };
      progress.raise();
    },
  };

  async function run(): Promise<void> {
    started = true;
    try {
      const chunks = await body(sources, controller.signal);
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
    if (finished && readers.size === 0) shared?.release();
  }

  return {
    join(source) {
      if (finished || typeof state === "object" || controller.signal.aborted) return undefined;
      const reader: Reader = { source, refused: undefined };
      readers.add(reader);
      let closed = false;
      if (!started) void run();
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
          readers.delete(reader);
          progress.raise();
          if (readers.size === 0 && state === "running") controller.abort();
          letGo();
        },
      };

      /** Waits for what `find` looks for. */
      async function until<T>(find: () => T | undefined): Promise<T> {
        for (;;) {
          if (closed) throw new ContentLost("closed");
          if (reader.refused !== undefined) throw reader.refused.reason;
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
