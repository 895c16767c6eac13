import { availableParallelism } from "node:os";
import { digestOnThread } from "./digest-thread.js";
import type { Frame } from "./form-content.js";
import { digestHere, type FramedDigests } from "./framed-digests.js";

/** From here on a thread is worth its start (about 30 ms). */
const THREAD_FROM_BYTES = 16 * 1024 * 1024;
/** Threads are a resource of the process, so they are counted for all callers; who finds none digests on its own. */
let freeThreads = Math.max(1, availableParallelism() - 1);

/**
 * Digests of `size` bytes: on a thread of their own when they are many and there is one. Whoever calls this must call `close` in the
 * end, and only once.
 */
export function startDigests(frames: readonly Frame[], size: number): FramedDigests {
  if (size < THREAD_FROM_BYTES || freeThreads === 0) return digestHere(frames);
  freeThreads--;
  const digests = digestOnThread(frames);
  return {
    ...digests,
    close() {
      digests.close();
      freeThreads++;
    },
  };
}
