import type { FileHandle } from "node:fs/promises";
import { type ExpectedBytes, OTHER_BYTES, verifiedBody } from "../../hash/verified-body.js";
import { UserError } from "../../errors.js";
import type { Content } from "./content.js";
import { readAt } from "./read-at.js";
import type { VerifiedContent } from "./verified-content.js";

/** From here on a file is read from disk each time, not kept in memory. */
export const MOST_BYTES_IN_MEMORY = 256 * 1024;

/**
 * Few bytes, hashed in the memory that they are served from: what becomes of their file is nothing to them.
 *
 * @returns "damaged" when the file has something else than the expected bytes
 */
export async function verifiedBytes(
  handle: FileHandle,
  expected: ExpectedBytes,
): Promise<VerifiedContent | "damaged"> {
  const bytes = Buffer.allocUnsafeSlow(expected.size);
  const count = await readAt(handle.fd, bytes, 0);
  if (!(await areExpected([bytes.subarray(0, count)], expected))) return "damaged";
  const content: Content = {
    bytes,
    read: (position, end) => Promise.resolve({ bytes: bytes.subarray(position, end), release() {} }),
    verified: () => Promise.resolve(),
    close() {},
  };
  return { join: () => content, unchanged: () => true, release() {} };
}

/** Whether the hash of `chunks` is the expected one. */
export async function areExpected(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  expected: ExpectedBytes,
): Promise<boolean> {
  async function* body() {
    yield* chunks;
  }
  try {
    for await (const _ of verifiedBody({ size: undefined, body: body(), destroy() {} }, expected)); // reads to the end, or throws
    return true;
  } catch (error) {
    if (error instanceof UserError && error.code === OTHER_BYTES) return false;
    throw error;
  }
}
