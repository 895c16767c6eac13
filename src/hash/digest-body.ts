import { type FileForm, FORM_CONTENT, type Frame, hashFrame } from "./form-content.js";
import type { FramedDigests } from "./framed-digests.js";
import type { Digests } from "./hashed.js";
import { startDigests } from "./start-digests.js";
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
  const [sha256, narSha256 = sha256] = await digestsOf(body, frames, size);
  if (sha256 === undefined || narSha256 === undefined) throw new Error("no digest was computed");
  return {
    size,
    hash: formatSri(sha256),
    narHash: formatSri(narSha256),
    narSize: nar.narSize,
    storePath: fixedOutputPath({ name: content.name, method: FORM_CONTENT[form].method, sha256 }),
  };
}

async function digestsOf(
  body: AsyncIterable<Uint8Array>,
  frames: readonly Frame[],
  size: number,
): Promise<readonly Uint8Array[]> {
  const digests = startDigests(frames, size);
  try {
    await consume(body, size, digests);
    return await digests.finish();
  } finally {
    digests.close();
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
