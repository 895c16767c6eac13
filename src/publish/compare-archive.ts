/** An archive of a binary cache against the `.narinfo` that promises it: the stored bytes, and the NAR in them. */
import { createHash } from "node:crypto";
import type { BinaryCache } from "../cache/cache.js";
import { decompress, isCompression } from "../hash/unpack/decompress.js";
import { excerpt } from "../redact.js";
import type { NarInfo } from "../store/narinfo.js";
import { formatSri } from "../store/sri.js";

export interface Difference {
  readonly code: "CACHE_MISSING" | "CACHE_TRUNCATED" | "CACHE_MISMATCH" | "CACHE_DAMAGED";
  /** What is said of the archive, such as "is missing". */
  readonly what: string;
}

interface Facts {
  /** Bytes. */
  readonly size: number;
  /** SRI sha256. */
  readonly hash: string;
}

/**
 * Reads the archive once, in constant memory. Of a compression that Nix knows and this does not (brotli, lz4, …) the stored bytes
 * are compared, and not what they stand for.
 *
 * @returns undefined when there is no difference
 * @throws what reading the cache throws
 */
export async function compareArchive(info: NarInfo, cache: BinaryCache): Promise<Difference | undefined> {
  const { url, compression, file } = info;
  const body = await cache.read(url);
  if (body === undefined) return { code: "CACHE_MISSING", what: "is missing" };
  const stored = measured(body);
  const inNar = isCompression(compression)
    ? await compareNar(decompress(stored.body, compression), info)
    : undefined;
  const facts = await stored.finish(file?.size ?? (compression === "none" ? info.narSize : 0));
  const inFile = file === undefined ? undefined : compareFacts(facts, file);
  if (inFile !== undefined) return inFile;
  return compression === "none" ? compareFacts(facts, narOf(info)) : inNar;
}

/**
 * A body that is measured while it is read. Who reads it may stop anywhere. `finish` reads the rest, but not on and on beyond the bytes
 * that there should be, and throws what reading threw.
 */
function measured(source: AsyncIterable<Uint8Array>) {
  const digest = createHash("sha256");
  let size = 0;
  let failure: { readonly error: unknown } | undefined;
  const chunks = source[Symbol.asyncIterator]();
  const next = async () => {
    const result = await chunks.next().catch((error: unknown) => {
      failure ??= { error };
      throw error;
    });
    if (result.done === true) return result;
    digest.update(result.value);
    size += result.value.length;
    return result;
  };
  // Without `return`, which would close the source.
  const body: AsyncIterable<Uint8Array> = { [Symbol.asyncIterator]: () => ({ next }) };
  return {
    body,
    async finish(expected: number): Promise<Facts> {
      for await (const _ of body) if (size > expected) break;
      await chunks.return?.();
      if (failure !== undefined) throw failure.error;
      return { size, hash: formatSri(digest.digest()) };
    },
  };
}

/** A NAR that is larger than was promised is not read to its end: it may have been made to have none. */
async function compareNar(nar: AsyncIterable<Uint8Array>, info: NarInfo): Promise<Difference | undefined> {
  const digest = createHash("sha256");
  let size = 0;
  try {
    for await (const chunk of nar) {
      digest.update(chunk);
      size += chunk.length;
      if (size > info.narSize) break;
    }
  } catch (error) {
    const reason = excerpt(error instanceof Error ? error.message : String(error));
    return { code: "CACHE_DAMAGED", what: `cannot be decompressed as ${info.compression}: ${reason}` };
  }
  const difference = compareFacts({ size, hash: formatSri(digest.digest()) }, narOf(info));
  return difference && { ...difference, what: `holds a NAR that ${difference.what}` };
}

function narOf({ narHash, narSize }: NarInfo): Facts {
  return { hash: narHash, size: narSize };
}

function compareFacts({ size, hash }: Facts, expected: Facts): Difference | undefined {
  if (size < expected.size) {
    return { code: "CACHE_TRUNCATED", what: `has ${size} bytes, and should have ${expected.size}` };
  }
  if (size > expected.size) {
    return { code: "CACHE_MISMATCH", what: `has more than the ${expected.size} bytes that it should have` };
  }
  if (hash === expected.hash) return undefined;
  return { code: "CACHE_MISMATCH", what: `has the hash ${hash}, and should have ${expected.hash}` };
}
