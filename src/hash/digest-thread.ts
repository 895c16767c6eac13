/**
 * Digests on a thread of its own, for big files: two sha256 cost more than receiving the bytes, so this saves about a third of the time.
 * A fixed set of buffers travels between the threads; when all are out, the reader waits, so memory stays constant.
 */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { Frame } from "./form-content.js";
import type { FramedDigests } from "./framed-digests.js";

const BUFFER_BYTES = 1024 * 1024;
const BUFFERS = 4;

/** What the thread receives. It answers with the emptied buffer, or with the digests after the last one. */
interface Filled {
  readonly buffer: ArrayBuffer;
  readonly length: number;
  readonly last: boolean;
}
type Answer = ArrayBuffer | readonly Uint8Array[];

/** Starts a thread that digests. Whoever calls this must call `close` in the end. */
export function digestOnThread(frames: readonly Frame[]): FramedDigests {
  const thread = startThread(frames);
  let target = new Uint8Array(BUFFER_BYTES);
  let filled = 0;

  return {
    update(chunk) {
      if (filled + chunk.length >= BUFFER_BYTES) return split(chunk);
      target.set(chunk, filled);
      filled += chunk.length;
      return undefined;
    },
    finish() {
      thread.send({ buffer: target.buffer, length: filled, last: true });
      return thread.digests;
    },
    close: thread.stop,
  };

  async function split(chunk: Uint8Array): Promise<void> {
    for (let taken = 0; taken < chunk.length;) {
      const part = chunk.subarray(taken, taken + BUFFER_BYTES - filled);
      target.set(part, filled);
      taken += part.length;
      filled += part.length;
      if (filled === BUFFER_BYTES) await handOver();
    }
  }

  async function handOver(): Promise<void> {
    thread.send({ buffer: target.buffer, length: filled, last: false });
    target = new Uint8Array(await thread.emptyBuffer());
    filled = 0;
  }
}

function startThread(frames: readonly Frame[]) {
  // The source of the function, not a file: so it runs from TypeScript sources and from the built package alike.
  const worker = new Worker(`(${digestMessages.toString()})()`, {
    eval: true,
    workerData: frames,
    execArgv: [],
  });
  const empty = Array.from({ length: BUFFERS - 1 }, () => new ArrayBuffer(BUFFER_BYTES));
  let failure: Error | undefined;
  const digests = new Promise<readonly Uint8Array[]>((resolve, reject) => {
    worker.on("error", (error) => reject((failure = error)));
    worker.on("message", (answer: Answer) => {
      if (answer instanceof ArrayBuffer) empty.push(answer);
      else resolve(answer);
    });
  });
  digests.catch(() => {}); // told to whoever waits for digests or for a buffer

  return {
    digests,
    send(filled: Filled): void {
      worker.postMessage(filled, [filled.buffer]);
    },
    async emptyBuffer(): Promise<ArrayBuffer> {
      for (;;) {
        const buffer = empty.pop();
        if (buffer !== undefined) return buffer;
        if (failure !== undefined) throw failure;
        await once(worker, "message");
      }
    },
    stop(): void {
      void worker.terminate();
    },
  };
}

/** Runs in the thread. It stands alone: it may use nothing of this module. */
function digestMessages(): void {
  const { createHash } = process.getBuiltinModule("node:crypto");
  const { parentPort, workerData } = process.getBuiltinModule("node:worker_threads");
  const frames = workerData as readonly Frame[]; // what startThread passes
  const digests = frames.map(({ prefix, suffix }) => ({ hash: createHash("sha256").update(prefix), suffix }));

  parentPort?.on("message", ({ buffer, length, last }: Filled) => {
    const bytes = new Uint8Array(buffer, 0, length);
    for (const { hash } of digests) hash.update(bytes);
    if (!last) return parentPort.postMessage(buffer, [buffer]);
    parentPort.postMessage(
      digests.map(({ hash, suffix }) => hash.update(suffix).digest()),
      [],
    );
  });
}
