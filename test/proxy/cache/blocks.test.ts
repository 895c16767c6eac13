import { afterEach, expect, it } from "vitest";
import { type Blocks, createBlocks } from "../../../src/proxy/cache/blocks.js";
import type { Piece } from "../../../src/proxy/cache/content.js";

const MIB = 2 ** 20;
const SIZE = 96 * MIB;
/** Of the file, in bytes: as many as two readers need not share a block. */
const APART = 256 * 1024;

let blocks: Blocks;
const held: Piece[] = [];
afterEach(() => {
  for (const { release } of held.splice(0)) release();
  blocks.close();
});

/** Each byte of the file says where it is; gives the positions that were read. */
function openFile(load = fill): number[] {
  const reads: number[] = [];
  blocks = createBlocks({
    size: SIZE,
    load(buffer, position) {
      reads.push(position);
      return load(buffer, position);
    },
    shared: () => true,
  });
  return reads;
}

function fill(buffer: Buffer, position: number): Promise<void> {
  buffer.fill(byteAt(position));
  return Promise.resolve();
}

function byteAt(position: number): number {
  return Math.floor(position / APART) % 251;
}

async function hold(position: number): Promise<Piece> {
  const piece = await blocks.read(position, SIZE);
  if (piece === undefined) throw new Error("the file is complete");
  held.push(piece);
  return piece;
}

function isRight({ bytes }: Piece, position: number): boolean {
  return bytes.length > 0 && Buffer.alloc(bytes.length, byteAt(position)).equals(bytes);
}

it("reads the file once for readers who are near one another", async () => {
  const reads = openFile();
  const positions = Array.from({ length: 400 }, (_, number) => number * 1000);
  const pieces = await Promise.all(positions.map((position) => hold(position)));
  expect(pieces.every((piece, number) => isRight(piece, positions[number] ?? 0))).toBe(true);
  expect(reads).toEqual([0, APART]);
});

it("reads it again for one who is far behind", async () => {
  const reads = openFile();
  const pass = async () => {
    for (let position = 0; position < SIZE; position += APART) {
      await hold(position);
      held.pop()?.release();
    }
  };
  await pass();
  await pass();
  expect(reads).toHaveLength((2 * SIZE) / APART);
});

it("gives right bytes in bounded memory to readers of whom each holds what no other wants", async () => {
  openFile();
  for (let position = 0; position < SIZE; position += APART) await hold(position);
  const memory = new Set(held.map(({ bytes }) => bytes.buffer));
  expect([...memory].reduce((sum, { byteLength }) => sum + byteLength, 0)).toBeLessThan(60 * MIB);
  expect(held.every((piece, number) => isRight(piece, number * APART))).toBe(true);
});

it("tells all who wait that a read failed, and tries again for the next", async () => {
  let broken = true;
  openFile((buffer, position) => (broken ? Promise.reject(new Error("bad sector")) : fill(buffer, position)));
  const both = await Promise.allSettled([hold(0), hold(1000)]);
  expect(both.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  broken = false;
  expect(isRight(await hold(0), 0)).toBe(true);
});
