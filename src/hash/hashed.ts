/**
 * Stage 3, hash → `Hashed`: the bytes were streamed once and every digest that anyone needs is known.
 * This file is the stage's type; `hash.ts` makes it and is the only downloader of the pipeline.
 */
import type { Statement } from "../lock/schema.js";
import type { Resolved } from "../resolve/resolved.js";

/** The facts that only the bytes can tell. */
export interface Digests {
  /** Bytes of the file. */
  readonly size: number;
  /** SRI sha256: of the file for form `file`, of the NAR for the others. */
  readonly hash: string;
  /** SRI sha256 of the NAR of the store path. */
  readonly narHash: string;
  /** Bytes of the NAR. */
  readonly narSize: number;
  readonly storePath: string;
  /** What the runner says in the archive; undefined when it says nothing, or was not asked because the bytes are known. */
  readonly statement?: Statement | undefined;
}

export interface Hashed extends Resolved, Digests {}
