import type { FileHandle } from "node:fs/promises";
import { onCacheDisk } from "./on-cache-disk.js";
import { readAt } from "./read-at.js";

/**
 * A body on its way into a file. What came last is in a ring of memory: the disk takes it from there, in few writes when it comes fast,
 * and so does who keeps up with it. The ring is one for all of the body: buffers that come and go by the thousand cost the garbage
 * collector more than the copy.
 */
export interface IncomingFile {
  /** @returns what to wait for before there is more; undefined when the disk keeps up */
  add(chunk: Uint8Array): Promise<void> | undefined;
  /** Waits until all is written. */
  end(): Promise<void>;
  /** Fills `buffer` from `position` on, as far as there are bytes; gives how many. Undefined when there is none yet. */
  read(buffer: Uint8Array, position: number): number | Promise<number> | undefined;
}

const RING_BYTES = 2 * 2 ** 20;
/** So that there is room for more while these are written. */
const MOST_AT_ONCE = RING_BYTES / 2;

/**
 * `add` and `end` throw `CACHE_DISK`, a UserError, when the disk does not take the bytes.
 *
 * @param size of the whole body
 */
export function createIncomingFile(file: string, handle: FileHandle, size: number): IncomingFile {
  const ring = Buffer.allocUnsafeSlow(Math.min(size, RING_BYTES));
  /** Bytes that have come, and those of them that are in the file. */
  let [received, stored] = [0, 0];
  /** The write that runs, or that failed. */
  let writing: Promise<void> | undefined;

  return {
    add(chunk) {
      const added = addSome(chunk);
      return added === chunk.length ? undefined : addRest(chunk.subarray(added));
    },
    end,
    read(buffer, position) {
      if (position >= received) return undefined;
      if (position >= received - ring.length) return copy(buffer, position);
      return readAt(handle.fd, buffer.subarray(0, stored - position), position);
    },
  };

  async function end(): Promise<void> {
    await writing;
    if (stored < received) await end();
  }

  /** As much as there is room for. */
  function addSome(chunk: Uint8Array): number {
    let added = 0;
    for (let room = 1; room > 0 && added < chunk.length;) {
      const at = received % ring.length;
      room = Math.min(chunk.length - added, ring.length - at, stored + ring.length - received);
      ring.set(chunk.subarray(added, added + room), at);
      added += room;
      received += room;
    }
    write();
    return added;
  }

  async function addRest(chunk: Uint8Array): Promise<void> {
    for (let added = 0; added < chunk.length;) {
      await writing;
      added += addSome(chunk.subarray(added));
    }
  }

  function copy(buffer: Uint8Array, position: number): number {
    const at = position % ring.length;
    const length = Math.min(buffer.length, received - position, ring.length - at);
    buffer.set(ring.subarray(at, at + length));
    return length;
  }

  function write(): void {
    if (writing !== undefined || stored === received) return;
    writing = writeOnce();
    writing.catch(() => {}); // told to whoever waits for it, at the latest in the end
  }

  async function writeOnce(): Promise<void> {
    const at = stored % ring.length;
    const length = Math.min(received - stored, ring.length - at, MOST_AT_ONCE);
    const { bytesWritten } = await onCacheDisk(file, handle.write(ring, at, length, stored));
    if (bytesWritten === 0) await onCacheDisk(file, Promise.reject(new Error("the disk is full")));
    stored += bytesWritten;
    writing = undefined;
    write();
  }
}
