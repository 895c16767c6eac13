import type { FileHandle } from "node:fs/promises";
import { type IncomingBlock, createBlocks } from "./blocks.js";
import { type Piece, ContentLost } from "./content.js";
import { onCacheDisk } from "./on-cache-disk.js";
import { readAt } from "./read-at.js";

/**
 * A body on its way into a file. What came last is in blocks of memory: the disk takes it from there, in few writes when it comes fast,
 * and so does who keeps up with it.
 */
export interface IncomingFile {
  /** @returns what to wait for before there is more; undefined when the disk keeps up */
  add(chunk: Uint8Array): Promise<void> | undefined;
  /** Waits until all is written. */
  end(): Promise<void>;
  /** As that of `Blocks`. */
  read(position: number, end: number): Piece | Promise<Piece> | undefined;
  /** To be called when nobody reads it any more. */
  close(): void;
}

export interface IncomingOptions {
  readonly file: string;
  readonly handle: FileHandle;
  /** Of the whole body. */
  readonly size: number;
  /** Whether it has several readers. */
  readonly shared: () => boolean;
}

/** Those that came last, for the disk and for who keeps up. */
const MOST_RECENT = 8;
/** So that there is room for more while these are written. */
const MOST_AT_ONCE = MOST_RECENT / 2;

/** `add` and `end` throw `CACHE_DISK`, a UserError, when the disk does not take the bytes. */
export function createIncomingFile({ file, handle, size, shared }: IncomingOptions): IncomingFile {
  const blocks = createBlocks({ size, load, shared });
  const recent: IncomingBlock[] = [];
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
    read: (position, end) => (position < received ? blocks.read(position, end) : undefined),
    close() {
      for (const block of recent.splice(0)) block.release();
      blocks.close();
    },
  };

  async function end(): Promise<void> {
    await writing;
    if (stored < received) await end();
  }

  /** As much as there is room for. */
  function addSome(chunk: Uint8Array): number {
    let added = 0;
    while (added < chunk.length) {
      const block = blockWithRoom();
      if (block === undefined) break;
      const more = block.add(added === 0 ? chunk : chunk.subarray(added));
      added += more;
      received += more;
    }
    write();
    return added;
  }

  /** Undefined when the disk has to take some first. */
  function blockWithRoom(): IncomingBlock | undefined {
    const last = recent.at(-1);
    if (last !== undefined && received < last.start + last.buffer.length) return last;
    const [oldest] = recent;
    if (oldest !== undefined && recent.length === MOST_RECENT) {
      if (stored < oldest.start + oldest.buffer.length) return undefined;
      recent.shift();
      oldest.release();
    }
    const next = blocks.receive(received);
    recent.push(next);
    return next;
  }

  async function addRest(chunk: Uint8Array): Promise<void> {
    for (let added = 0; added < chunk.length;) {
      await writing;
      added += addSome(chunk.subarray(added));
    }
  }

  function write(): void {
    if (writing !== undefined || stored === received) return;
    writing = writeOnce();
    writing.catch(() => {}); // told to whoever waits for it, at the latest in the end
  }

  async function writeOnce(): Promise<void> {
    const parts = unstored();
    const { bytesWritten } = await onCacheDisk(file, handle.writev(parts, stored));
    if (bytesWritten === 0) await onCacheDisk(file, Promise.reject(new Error("the disk is full")));
    stored += bytesWritten;
    writing = undefined;
    write();
  }

  function unstored(): Uint8Array[] {
    return recent
      .filter(({ start, buffer }) => start + buffer.length > stored && start < received)
      .slice(0, MOST_AT_ONCE)
      .map(({ start, buffer }) => buffer.subarray(Math.max(stored - start, 0), received - start));
  }

  async function load(buffer: Buffer, position: number): Promise<void> {
    const count = await readAt(handle.fd, buffer, position);
    if (count < buffer.length) throw new ContentLost("the file in the cache was changed");
  }
}
