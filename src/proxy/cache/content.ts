import type { FileHandle } from "node:fs/promises";

/** The bytes of one artifact for one reader. Whoever gets one must close it. */
export interface Content {
  /** All bytes, when they are few and were verified; else undefined. */
  readonly bytes: Buffer | undefined;
  /**
   * Fills `buffer` from `position` on, as far as there are bytes; waits until there is one. The last byte of a download comes only
   * when all of them are verified. Reading beyond the end is a bug of the caller.
   *
   * @returns how many bytes were read, at least one
   * @throws what made the download fail; `ContentLost` when the file was changed, or when this was closed
   */
  read(buffer: Uint8Array, position: number): Promise<number>;
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
