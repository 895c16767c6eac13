import { createCipheriv, createHash } from "node:crypto";

/** Bytes that look random and are the same in every run. */
export function sampleBytes(length: number, seed: string | number): Buffer {
  const key = createHash("sha256").update(String(seed)).digest();
  return createCipheriv("aes-256-ctr", key, Buffer.alloc(16)).update(Buffer.alloc(length));
}
