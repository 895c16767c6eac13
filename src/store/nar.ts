/**
 * The Nix archive (NAR) of one regular file. Format: Nix manual, "Nix Archive (NAR) format"; E. Dolstra, "The Purely Functional
 * Software Deployment Model", figure 5.2. Every string is its length as 64 bits little-endian, its bytes, and zeros up to a
 * multiple of eight:
 *
 *     "nix-archive-1" "(" "type" "regular" ["executable" ""] "contents" <the file> ")"
 *
 * Because the length comes first, the size must be known before the first byte can be hashed.
 */

/** What stands around the bytes of a file in its NAR. */
export interface NarFrame {
  readonly prefix: Uint8Array;
  readonly suffix: Uint8Array;
  /** Bytes of the whole NAR. */
  readonly narSize: number;
}

/**
 * The frame of a file.
 *
 * @param size bytes of the file
 * @param executable whether its owner may execute it; other modes are not part of a NAR
 */
export function narFrame(size: number, executable: boolean): NarFrame {
  const { before, after } = regularFile(size, executable);
  const prefix = Buffer.concat([narStrings(NAR_MAGIC), before]);
  return { prefix, suffix: after, narSize: prefix.length + size + after.length };
}

/** What every NAR begins with. */
export const NAR_MAGIC = "nix-archive-1";

/** What stands around the bytes of a file wherever it is in a NAR. */
export function regularFile(size: number, executable: boolean): { before: Buffer; after: Buffer } {
  const kind = ["(", "type", "regular", ...(executable ? ["executable", ""] : []), "contents"];
  return {
    before: Buffer.concat([narStrings(...kind), narLength(size)]),
    after: Buffer.concat([narPadding(size), narStrings(")")]),
  };
}

/** Strings as they stand in a NAR; text is written as UTF-8. */
export function narStrings(...texts: readonly (string | Uint8Array)[]): Buffer {
  return Buffer.concat(texts.map(narString));
}

function narString(text: string | Uint8Array): Buffer {
  const bytes = typeof text === "string" ? Buffer.from(text) : text;
  return Buffer.concat([narLength(bytes.length), bytes, narPadding(bytes.length)]);
}

function narLength(length: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(length));
  return bytes;
}

function narPadding(length: number): Buffer {
  return Buffer.alloc((8 - (length % 8)) % 8);
}
