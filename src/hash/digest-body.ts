import { availableParallelism } from "node:os";
import { type FileForm, FORM_CONTENT, type Frame, hashFrame } from "./form-content.js";
import { digestHere, type FramedDigests } from "./framed-digests.js";
import { digestOnThread } from "./digest-thread.js";
import type { Digests } from "./hashed.js";
import { narFrame } from "../store/nar.js";
import { formatSri } from "../store/sri.js";
import { fixedOutputPath } from "../store/store-path.js";

export interface Content {
  /** Store name. */
  readonly name: string;
  readonly form: FileForm;
  /** Bytes of the file. The NAR begins with it, so it must be known before the first byte. */
  readonly size: number;
}

/** From here on a thread is worth its start (about 30 ms). */
const THREAD_FROM_BYTES = 16 * 1024 * 1024;
/** Threads are a resource of the process, so they are counted for all callers; who finds none digests on its own. */
let freeThreads = Math.max(1, availableParallelism() - 1);

/**
 * Reads `body` to its end and computes all that the lock says about the bytes, in one pass and in constant memory.
 *
 * @throws Error when the body is not exactly as long as `content.size`
 */
export async function digestBody(body: AsyncIterable<Uint8Array>, content: Content): Promise<Digests> {
  const { size, form } = content;
  const nar = narFrame(size, FORM_CONTENT[form].executable);
  // Where the hash of the lock is the NAR's, one digest serves both.
  const frames = FORM_CONTENT[form].method === "nar" ? [nar] : [hashFrame(form, size), nar];
  const digests = await withDigests(frames, size, async (digests) => {
    await consume(body, size, digests);
    return digests.finish();
  });
  const [sha256, narSha256 = sha256] = digests;
  if (sha256 === undefined || narSha256 === undefined) throw new Error("no digest was computed");
  return {
    size,
    hash: formatSri(sha256),
    narHash: formatSri(narSha256),
    narSize: nar.narSize,
    storePath: fixedOutputPath({ name: content.name, method: FORM_CONTENT[form].method, sha256 }),
  };
}

async function withDigests<T>(
  frames: readonly Frame[],
  size: number,
  use: (digests: FramedDigests) => Promise<T>,
): Promise<T> {
  if (size < THREAD_FROM_BYTES || freeThreads === 0) return use(digestHere(frames));
  freeThreads--;
  const digests = digestOnThread(frames);
  try {
    return await use(digests);
  } finally {
    digests.close();
    freeThreads++;
  }
}

async function consume(body: AsyncIterable<Uint8Array>, size: number, digests: FramedDigests): Promise<void> {
  let received = 0;
  for await (const chunk of body) {
    received += chunk.length;
    if (received > size) break;
    const taken = digests.update(chunk);
    if (taken !== undefined) await taken;
  }
  if (received !== size) throw new Error(`the body should have ${size} bytes, but has ${received}`);
}
