/**
 * What the worker protocol is written in (libutil/serialise.hh, serialise.cc): numbers are 64 bits, little-endian; a string is its length, its
 * bytes, and zeros up to a multiple of eight; a list is its length and its items. Strings are the same as in a NAR.
 */
import { narStrings } from "../nar.js";
import { unknownAnswer } from "./daemon-error.js";

/** Reads what a daemon sends, which is not believed: nothing is read that is longer than it may be. */
export interface WireReader {
  /** A number up to 2^53 - 1. */
  number(): Promise<number>;
  /** Passes over a number of any size. */
  skipNumber(): Promise<void>;
  /** Text of at most `MAX_STRING_BYTES`. */
  string(): Promise<string>;
  /** A number of items, of which there may be `most`. */
  count(most: number): Promise<number>;
  /** @param most how many there may be */
  strings(most: number): Promise<string[]>;
}

/** The other side hung up in the middle of what it had to say. */
export class ConnectionEnded extends Error {
  constructor() {
    super("it ended before the answer was complete");
  }
}

const WORD_BYTES = 8;
/** More than any path, hash or message of Nix has. */
export const MAX_STRING_BYTES = 1024 * 1024;

/** A number as it is sent. */
export function wireNumber(value: number): Uint8Array {
  const bytes = Buffer.alloc(WORD_BYTES);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

/** A string as it is sent; UTF-8. */
export function wireString(text: string): Uint8Array {
  return narStrings(text);
}

/** A list of strings as it is sent. */
export function wireStrings(texts: readonly string[]): Uint8Array {
  return Buffer.concat([wireNumber(texts.length), narStrings(...texts)]);
}

/**
 * A reader of `input`, which it reads no further than it was asked to. The methods throw UserError NIX_UNKNOWN_ANSWER when something else
 * comes, and `ConnectionEnded` when nothing more does; what `input` throws passes through.
 */
export function wireReader(input: AsyncIterable<Uint8Array>): WireReader {
  const chunks = input[Symbol.asyncIterator]();
  let left: Buffer = Buffer.alloc(0);

  return { number, skipNumber, string, count, strings };

  async function number(): Promise<number> {
    const value = Number((await take(WORD_BYTES)).readBigUInt64LE());
    if (!Number.isSafeInteger(value)) throw unknownAnswer(`the number ${value}`);
    return value;
  }

  async function skipNumber(): Promise<void> {
    await take(WORD_BYTES);
  }

  async function string(): Promise<string> {
    const length = await number();
    if (length > MAX_STRING_BYTES) throw unknownAnswer(`a string of ${length} bytes`);
    const padding = (WORD_BYTES - (length % WORD_BYTES)) % WORD_BYTES;
    const bytes = await take(length + padding);
    if (bytes.subarray(length).some((byte) => byte !== 0)) throw unknownAnswer("a padding that is not zero");
    return bytes.toString("utf8", 0, length);
  }

  async function count(most: number): Promise<number> {
    const items = await number();
    if (items > most) throw unknownAnswer(`${items} items where at most ${most} were expected`);
    return items;
  }

  async function strings(most: number): Promise<string[]> {
    const texts: string[] = [];
    for (let left = await count(most); left > 0; left--) texts.push(await string());
    return texts;
  }

  async function take(length: number): Promise<Buffer> {
    if (left.length < length) left = await more(left, length);
    const bytes = left.subarray(0, length);
    left = left.subarray(length);
    return bytes;
  }

  async function more(first: Uint8Array, length: number): Promise<Buffer> {
    const parts = [first];
    for (let have = first.length; have < length;) {
      const next = await chunks.next();
      if (next.done === true) throw new ConnectionEnded();
      parts.push(next.value);
      have += next.value.length;
    }
    return Buffer.concat(parts);
  }
}
