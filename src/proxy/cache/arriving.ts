import type { FileHandle } from "node:fs/promises";
import { type Content, ContentLost, type SharedHandle, shareHandle } from "./content.js";
import { type IncomingFile, createIncomingFile } from "./incoming-file.js";
import type { Source, Sources } from "./relay.js";

/**
 * A download into a file that any number of readers follow, each at its own pace: who reads slowly holds nobody up, and who goes
 * away leaves the others theirs. Only when the last one goes is the download given up. Who keeps up gets the bytes from memory, as they
 * came; who does not gets them from the file.
 */
export interface Arriving {
  /** One reader more, who can carry the download on; undefined when it has ended. */
  join(source: Source): Content | undefined;
}

export interface ArrivingOptions {
  readonly file: string;
  /** Makes it, when there is something to be written. */
  readonly create: () => Promise<FileHandle>;
  readonly size: number;
  /** The bytes. The last ones come only if all are the expected ones. */
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
export function startArriving({ file, create, size, body, complete, ended }: ArrivingOptions): Arriving {
  const controller = new AbortController();
  const progress = createSignal();
  let shared: SharedHandle | undefined;
  let incoming: IncomingFile | undefined;
  let received = 0;
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
      await complete(await receive(await body(sources, controller.signal)));
    } catch (failure) {
      state = { failure };
    } finally {
      finished = true;
      ended();
      progress.raise();
      letGo();
    }
  }

  /** The file is made with the first chunk: when that fails, the download is let go of as when anything else does. */
  async function receive(chunks: AsyncIterable<Uint8Array>): Promise<SharedHandle> {
    let made: SharedHandle | undefined;
    for await (const chunk of chunks) {
      made ??= await makeFile();
      const behind = incoming?.add(chunk);
      progress.raise();
      if (behind !== undefined) await behind;
      received += chunk.length;
    }
    made ??= await makeFile();
    state = "verified";
    progress.raise();
    await incoming?.end();
    return made;
  }

  async function makeFile(): Promise<SharedHandle> {
    const { handle } = (shared = shareHandle(await create()));
    incoming = createIncomingFile({ file, handle, size, shared: () => readers.size > 1 });
    return shared;
  }

  function letGo(): void {
    if (!finished || readers.size > 0) return;
    incoming?.close();
    shared?.release();
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
        read: (position, end) => until(() => incoming?.read(position, end)),
        verified: async () => void (await until(() => (state === "verified" ? shared : undefined))),
        close() {
          if (closed) return;
          closed = true;
          readers.delete(reader);
          progress.raise();
          if (readers.size === 0 && received < size) controller.abort();
          letGo();
        },
      };

      /** Waits for what `find` looks for. */
      async function until<T>(find: () => T | Promise<T> | undefined): Promise<T> {
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

/** Wakes everybody who waits, when there is something new; once for all that comes at the same time, which goes on in bigger parts then. */
function createSignal() {
  let waiting: (() => void)[] = [];
  let raised = false;

  function wake(): void {
    raised = false;
    const woken = waiting;
    waiting = [];
    for (const go of woken) go();
  }

  return {
    next: () => new Promise<void>((resolve) => waiting.push(resolve)),
    raise() {
      if (!raised) setImmediate(wake);
      raised = true;
    },
  };
}
