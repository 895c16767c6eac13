import type { FileHandle } from "node:fs/promises";

/** Bytes in memory that others may share. */
export interface Piece {
  /** They stay as they are until `release`. */
  readonly bytes: Uint8Array;
  /** To be called once, when nobody looks at them any more. */
  release(): void;
}

/** The bytes of one artifact for one reader. Whoever gets one must close it. */
export interface Content {
  /** All bytes, when they are few and were verified; else undefined. */
  readonly bytes: Buffer | undefined;
  /**
   * Bytes from `position` on, as many as there are at once, but none from `end` on; waits until there is one. The last byte of a download
   * comes only when all of them are verified. Reading beyond the end is a bug of the caller.
   *
   * @throws what made the download fail; `ContentLost` when the file was changed, or when this was closed
   */
  read(position: number, end: number): Promise<Piece>;
  /** Waits until all bytes are there and verified. */
  verified(): Promise<void>;
  close(): void;
}

/** The bytes that were being read are no more to be had; who asks again gets them. */
export class ContentLost extends Error {
  override readonly name = "ContentLost";
}

/** A file that is closed when its last user has released it. */
export interface SharedHandle {
  readonly handle: FileHandle;
  /** One user more. */
  take(): void;
  release(): void;
}

/** The first user is the caller. */
export function shareHandle(handle: FileHandle): SharedHandle {
  let users = 1;
  return {
    handle,
    take() {
      users++;
    },
    release() {
      users--;
      if (users === 0) handle.close().catch(() => {}); // what is on the disk is hashed before it is served
    },
  };
}
