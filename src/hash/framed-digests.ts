import { createHash } from "node:crypto";
import type { Frame } from "./form-content.js";

/** Takes the bytes of one file, chunk by chunk, and gives one sha256 per frame. */
export interface FramedDigests {
  /** The chunk may be reused once this has returned, or once the promise it returned is fulfilled. */
  update(chunk: Uint8Array): void | Promise<void>;
  /** The digests in the order of the frames. To be called once, after the last chunk. */
  finish(): Promise<readonly Uint8Array[]>;
  /** Frees what is held; harmless after `finish`. */
  close(): void;
}

/** Digests on the calling thread. */
export function digestHere(frames: readonly Frame[]): FramedDigests {
  const digests = frames.map(({ prefix, suffix }) => ({ hash: createHash("sha256").update(prefix), suffix }));
  return {
    update(chunk) {
      for (const { hash } of digests) hash.update(chunk);
    },
    finish: () => Promise.resolve(digests.map(({ hash, suffix }) => hash.update(suffix).digest())),
    close() {},
  };
}
