/**
 * Where fixed outputs live. Source: Nix manual, "Store path specification"; libstore/store-dir-config.cc
 * `makeFixedOutputPath`. The path follows from name and content alone, whatever builds or fetches it.
 */
import { createHash } from "node:crypto";
import { nix32 } from "./nix32.js";

const STORE = "/nix/store";
const DIGEST_BYTES = 20;
/** Of the digest, in base 32. */
const DIGITS = 32;

export interface FixedOutput {
  /** Store name; must be legal. */
  readonly name: string;
  /** What was hashed: the bytes of one file, or the NAR of anything. */
  readonly method: "flat" | "nar";
  /** The 32 bytes of the sha256. */
  readonly sha256: Uint8Array;
}

/** The store path of a fixed output. */
export function fixedOutputPath({ name, method, sha256 }: FixedOutput): string {
  const hex = Buffer.from(sha256).toString("hex");
  if (method === "nar") return storePath("source", hex, name);
  return storePath("output:out", sha256Hex(`fixed:out:sha256:${hex}:`), name);
}

/** The store path that a path is or lies in; undefined when it is none. */
export function parseStorePath(path: string): string | undefined {
  return /^\/nix\/store\/[0-9a-df-np-sv-z]{32}-[0-9A-Za-z+._?=-]+(?=\/|$)/.exec(path)?.[0];
}

/** The name that a store path ends with. */
export function storeName(path: string): string {
  return path.slice(`${STORE}/`.length + DIGITS + 1);
}

function storePath(type: string, hex: string, name: string): string {
  const fingerprint = createHash("sha256").update(`${type}:sha256:${hex}:${STORE}:${name}`).digest();
  return `${STORE}/${nix32(fold(fingerprint))}-${name}`;
}

/** Shortens a hash by XOR of what lies beyond the end with the beginning (libutil/hash.cc `compressHash`). */
function fold(hash: Uint8Array): Uint8Array {
  const folded = new Uint8Array(DIGEST_BYTES);
  for (const [index, byte] of hash.entries()) {
    const at = index % DIGEST_BYTES;
    folded[at] = (folded[at] ?? 0) ^ byte;
  }
  return folded;
}

function sha256Hex(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
