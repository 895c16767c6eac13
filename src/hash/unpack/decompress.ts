import { Readable, pipeline } from "node:stream";
import { createGunzip } from "node:zlib";
import type { ArchiveFormat } from "./format.js";
import { ArchiveRefused } from "./archive-refused.js";

/** In an artifact, what any of these compressed is a tar. */
export type Compression = Exclude<ArchiveFormat, "zip" | "tar">;

type Body = AsyncIterable<Uint8Array>;

/** The decompressed bytes of `body`, in memory that does not grow with it. Each module is loaded only when it is needed. */
export function decompress(body: Body, compression: Compression): Body {
  return DECOMPRESSORS[compression](body);
}

/** Whether a word of a `.narinfo` is a compression that is known here. */
export function isCompression(word: string): word is Compression {
  return Object.hasOwn(DECOMPRESSORS, word);
}

const DECOMPRESSORS: Readonly<Record<Compression, (body: Body) => Body>> = {
  gzip,
  bzip2,
  xz,
  zstd,
};

function gzip(body: Body): Body {
  const gunzip = createGunzip();
  // Whoever reads it gets the error. Until somebody does, `pipeline` alone does not hold what comes after the last byte was taken.
  gunzip.on("error", () => {});
  return pipeline(body, gunzip, () => {});
}

async function* xz(body: Body): AsyncGenerator<Uint8Array> {
  const { default: library } = await import("xz-decompress"); // Node finds no names in what it exports
  const compressed = Readable.toWeb(Readable.from(body)) as never; // the library's type names the same class
  const decompressed: unknown = new library.XzReadableStream(compressed);
  yield* decompressed as AsyncIterable<Uint8Array>; // Node's web streams are iterable, and this one gives bytes
}

/** Four bytes of zstd can stand for 128 KiB, and all that a push means is in memory at once. */
const ZSTD_PUSH_BYTES = 1024;

async function* zstd(body: Body): AsyncGenerator<Uint8Array> {
  const { Decompress } = await import("fzstd");
  const ready: Uint8Array[] = [];
  const decompressor = new Decompress((chunk) => ready.push(chunk));
  for await (const chunk of body) {
    for (let start = 0; start < chunk.length; start += ZSTD_PUSH_BYTES) {
      decompressor.push(chunk.slice(start, start + ZSTD_PUSH_BYTES));
      yield* ready.splice(0);
    }
  }
  decompressor.push(new Uint8Array(), true);
  yield* ready;
}

/** What the last blocks of a bzip2 file may become in memory; they are decoded together. */
const BZIP2_READY_BYTES = 256 * 1024 * 1024;

async function* bzip2(body: Body): AsyncGenerator<Uint8Array> {
  const { default: unbzip2 } = await import("unbzip2-stream");
  // It decodes within `write` and `end`, not later.
  const decoder = unbzip2() as NodeJS.ReadWriteStream;
  const ready: Uint8Array[] = [];
  let readyBytes = 0;
  let failure: unknown;
  decoder.on("error", (error) => (failure ??= error));
  decoder.on("data", (chunk: Uint8Array) => {
    readyBytes += chunk.length;
    if (readyBytes > BZIP2_READY_BYTES) throw new ArchiveRefused("it expands too much at once");
    ready.push(chunk);
  });
  const take = () => {
    if (failure !== undefined) throw failure;
    readyBytes = 0;
    return ready.splice(0);
  };
  for await (const chunk of body) {
    decoder.write(chunk);
    yield* take();
  }
  decoder.end();
  yield* take();
}
