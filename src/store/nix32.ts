/**
 * The facts of a Nix store that need no Nix: hashes, NAR, store paths. Everything here is pure except `nix.ts`, which runs
 * Nix itself.
 *
 * This file: Nix's base 32 (Nix manual, "Store path specification"; libutil/hash.cc `printHash32`). The digits are those of
 * a–z0–9 without e, o, u and t, and the number is read from the last byte to the first, least significant bits first.
 */
const DIGITS = "0123456789abcdfghijklmnpqrsvwxyz";
const BITS_PER_DIGIT = 5;

/** `bytes` in Nix's base 32: 52 digits for a sha256, 32 for the digest in a store path. */
export function nix32(bytes: Uint8Array): string {
  const length = Math.ceil((bytes.length * 8) / BITS_PER_DIGIT);
  let text = "";
  for (let digit = length - 1; digit >= 0; digit--) text += DIGITS[fiveBitsAt(bytes, digit * BITS_PER_DIGIT)];
  return text;
}

function fiveBitsAt(bytes: Uint8Array, bit: number): number {
  const byte = Math.floor(bit / 8);
  const low = bytes[byte] ?? 0;
  const high = bytes[byte + 1] ?? 0;
  return ((low | (high << 8)) >> (bit % 8)) & 31;
}

/** The `length` bytes that `text` stands for; undefined when it is not exactly their base 32. */
export function parseNix32(text: string, length: number): Uint8Array | undefined {
  const bytes = new Uint8Array(length);
  for (const [index, character] of [...text].reverse().entries()) {
    const digit = DIGITS.indexOf(character);
    if (digit < 0) return undefined;
    const bit = index * BITS_PER_DIGIT;
    const at = Math.floor(bit / 8);
    const shifted = digit << (bit % 8);
    bytes[at] = (bytes[at] ?? 0) | (shifted & 255);
    if (at + 1 < length) bytes[at + 1] = shifted >> 8;
  }
  return nix32(bytes) === text ? bytes : undefined;
}
