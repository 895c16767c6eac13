/**
 * Bytes that can be read from any offset without being held in memory: what archives are made of and what is served.
 */
import { createHash } from "node:crypto";

export interface Content {
  /** Length in bytes. */
  readonly size: number;
  /** The bytes from `start` to before `end`, in pieces. The pieces may be shared: do not write into them. */
  read(start: number, end: number): Iterable<Uint8Array>;
}

const PIECE = 1024 * 1024;
/**
 * Longer than what any level of Zstandard that we use looks back (zstd manual, `windowLog`: 2 MiB at level 3), so that nothing compresses it;
 * not a round number, so that bytes moved by one are noticed.
 */
const LONGEST_BLOCK = 8_388_617;

export function bytesContent(bytes: Uint8Array): Content {
  return {
    size: bytes.length,
    *read(start, end) {
      for (let at = start; at < end; at += PIECE) yield bytes.subarray(at, Math.min(end, at + PIECE));
    },
  };
}

/** `size` pseudo-random bytes, the same for the same `seed`: a random block of about 8 MiB, repeated. */
export function generatedContent(size: number, seed: number): Content {
  let block: Uint8Array | undefined;
  return {
    size,
    *read(start, end) {
      block ??= randomBlock(Math.min(size, LONGEST_BLOCK), seed);
      for (let at = start; at < end;) {
        const inBlock = at % block.length;
        const piece = block.subarray(inBlock, Math.min(inBlock + PIECE, inBlock + end - at));
        yield piece;
        at += piece.length;
      }
    },
  };
}

/** One content after the other. */
export function joinedContent(parts: readonly Content[]): Content {
  return {
    size: parts.reduce((sum, part) => sum + part.size, 0),
    *read(start, end) {
      let offset = 0;
      for (const part of parts) {
        const from = Math.max(start - offset, 0);
        const to = Math.min(end - offset, part.size);
        if (from < to) yield* part.read(from, to);
        offset += part.size;
      }
    },
  };
}

export function sha256Hex(content: Content): string {
  const hash = createHash("sha256");
  for (const piece of content.read(0, content.size)) hash.update(piece);
  return hash.digest("hex");
}

/** All bytes in one piece; for what is known to be small. */
export function allBytes(content: Content): Buffer {
  return Buffer.concat([...content.read(0, content.size)]);
}

function randomBlock(length: number, seed: number): Uint8Array {
  return createHash("shake256", { outputLength: length }).update(`generated content ${seed}`).digest();
}
