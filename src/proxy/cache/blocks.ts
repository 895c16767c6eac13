/**
 * A file in blocks of memory that its readers share. Those who are near one another have it read once, and the network takes the
 * bytes from where the disk has put them: many readers cost little more memory and work than one.
 */
import { BLOCK_BYTES, type BlockMemory, takeMemory } from "./block-memory.js";
import type { Piece } from "./content.js";
import { lendBuffer } from "./lent-buffers.js";

/** A block on its way into the file. */
export interface IncomingBlock {
  /** Where it begins. */
  readonly start: number;
  readonly buffer: Buffer;
  /** Takes as much of `chunk` as there is room for, and gives how much that is. */
  add(chunk: Uint8Array): number;
  /** The file has all of it. */
  release(): void;
}

export interface Blocks {
  /** Bytes from `position` to `end`, or to the end of the block: at least one; undefined when none of them has come. */
  read(position: number, end: number): Piece | Promise<Piece> | undefined;
  /** The block that begins at `start`, to be filled by the caller. */
  receive(start: number): IncomingBlock;
  /** Nobody reads any more. */
  close(): void;
}

export interface BlocksOptions {
  /** Of the whole file. */
  readonly size: number;
  /** Fills `buffer` from `position` of the file on. */
  readonly load: (buffer: Buffer, position: number) => Promise<void>;
  /** Whether there are several readers, so that one may want what another has read. */
  readonly shared: () => boolean;
}

interface Block {
  readonly start: number;
  readonly memory: BlockMemory;
  /** Bytes that have come. */
  filled: number;
  /** The read that fills it, or that failed: whoever waits for it is told, and with the last of them it goes. */
  loading: Promise<void> | undefined;
  users: number;
}

export function createBlocks({ size, load, shared }: BlocksOptions): Blocks {
  const blocks = new Map<number, Block>();
  let closed = false;

  return {
    read(position, end) {
      const start = position - (position % BLOCK_BYTES);
      const block = blocks.get(start) ?? loadBlock(start);
      if (block === undefined) return readAlone(position, Math.min(end, start + BLOCK_BYTES));
      if (block.loading !== undefined) return onceLoaded(block, position, end);
      return start + block.filled > position ? pieceOf(block, position, end) : undefined;
    },
    receive(start) {
      const block = create(start, takeMemory(lengthAt(start), true));
      const { buffer } = block.memory;
      use(block);
      return {
        start,
        buffer,
        add(chunk) {
          const added = Math.min(chunk.length, buffer.length - block.filled);
          buffer.set(chunk.subarray(0, added), block.filled);
          block.filled += added;
          return added;
        },
        release: () => release(block),
      };
    },
    close() {
      closed = true;
      for (const block of blocks.values()) if (block.users === 0) drop(block);
    },
  };

  function lengthAt(start: number): number {
    return Math.min(BLOCK_BYTES, size - start);
  }

  function create(start: number, memory: BlockMemory): Block {
    const block = { start, memory, filled: 0, loading: undefined, users: 0 };
    blocks.set(start, block);
    return block;
  }

  /** Undefined when memory is short. */
  function loadBlock(start: number): Block | undefined {
    const memory = takeMemory(lengthAt(start));
    if (memory === undefined) return undefined;
    const block = create(start, memory);
    block.loading = loadInto(block);
    return block;
  }

  async function loadInto(block: Block): Promise<void> {
    await load(block.memory.buffer, block.start);
    block.filled = block.memory.buffer.length;
    block.loading = undefined;
  }

  async function onceLoaded(block: Block, position: number, end: number): Promise<Piece> {
    use(block);
    try {
      await block.loading;
      return pieceOf(block, position, end);
    } finally {
      release(block);
    }
  }

  function pieceOf(block: Block, position: number, end: number): Piece {
    const { start, filled, memory } = block;
    use(block);
    const bytes = memory.buffer.subarray(position - start, Math.min(filled, end - start));
    return { bytes, release: () => release(block) };
  }

  /** Memory is short because of readers who are slow, and far from one another. */
  async function readAlone(position: number, end: number): Promise<Piece> {
    const { buffer, release } = lendBuffer(Math.min(end, size) - position);
    try {
      await load(buffer, position);
      return { bytes: buffer, release };
    } catch (error) {
      release();
      throw error;
    }
  }

  function use(block: Block): void {
    if (block.users === 0) block.memory.wake();
    block.users++;
  }

  function release(block: Block): void {
    block.users--;
    if (block.users > 0) return;
    if (closed || block.filled === 0 || !shared()) drop(block);
    else block.memory.rest(() => blocks.delete(block.start));
  }

  function drop(block: Block): void {
    blocks.delete(block.start);
    block.memory.free();
  }
}
