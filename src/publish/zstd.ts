/**
 * Zstandard as a sequence of frames, which is itself valid Zstandard (RFC 8878, section 3.1: decompressed, frames are
 * concatenated). Each block becomes a frame, so memory is bounded, and blocks are compressed side by side on Node's threads.
 */
import * as zlib from "node:zlib";
import { promisify } from "node:util";

type CompressBlock = (block: Buffer) => Promise<Uint8Array>;

/** The window of zstd's default level: larger blocks would compress no better. */
const BLOCK_BYTES = 2 * 1024 * 1024;
const BLOCKS_AT_ONCE = 2;
/** zstd's own default, and Nix's. */
const LEVEL = 3;

export async function compressZstd(): Promise<
  (body: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>
> {
  const compress = nodeCompress() ?? (await addonCompress());
  return (body) => compressBlocks(body, compress);
}

/** Node has had Zstandard since 22.15. */
function nodeCompress(): CompressBlock | undefined {
  const node: object = zlib;
  if (!("zstdCompress" in node) || typeof node.zstdCompress !== "function") return undefined;
  // The documented signature, https://nodejs.org/api/zlib.html#zlibzstdcompressbuffer-options-callback; its default is LEVEL.
  return promisify(
    node.zstdCompress as (block: Buffer, done: (error: Error | null, out: Buffer) => void) => void,
  );
}

async function addonCompress(): Promise<CompressBlock> {
  const { compress } = await import("@mongodb-js/zstd");
  return (block) => compress(block, LEVEL);
}

async function* compressBlocks(
  body: AsyncIterable<Uint8Array>,
  compress: CompressBlock,
): AsyncGenerator<Uint8Array> {
  const running: Promise<Uint8Array>[] = [];
  for await (const block of blocksOf(body)) {
    const compressing = compress(block);
    compressing.catch(() => undefined); // it is awaited below, unless the body fails first
    running.push(compressing);
    if (running.length >= BLOCKS_AT_ONCE) yield (await running.splice(0, 1)[0]) ?? new Uint8Array();
  }
  for (const compressing of running) yield await compressing;
}

/** The same bytes in blocks of one size, however they came, so that they always make the same archive; the last may be shorter. */
async function* blocksOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    size += chunk.length;
    if (size < BLOCK_BYTES) continue;
    const ready = Buffer.concat(chunks, size);
    const whole = size - (size % BLOCK_BYTES);
    for (let at = 0; at < whole; at += BLOCK_BYTES) yield ready.subarray(at, at + BLOCK_BYTES);
    chunks = [ready.subarray(whole)];
    size -= whole;
  }
  if (size > 0) yield Buffer.concat(chunks, size);
}
