import { UserError } from "../errors.js";
import type { Download } from "../gitlab/gitlab.js";
import { formatSri } from "../store/sri.js";
import { type FileForm, hashFrame } from "./form-content.js";
import { startDigests } from "./start-digests.js";

/** Bytes that were hashed before, and the names to call them by in messages. A variant of the lock is one, given a name. */
export interface ExpectedBytes {
  readonly artifact: string;
  readonly project: string;
  readonly job: number;
  readonly form: FileForm;
  readonly size: number;
  /** As in `Digests`. */
  readonly hash: string;
}

/** The code of the error for bytes that are not the expected ones. */
export const OTHER_BYTES = "OTHER_BYTES";

/**
 * The body of a download, which ends only if it is what was expected: the last chunk is held back until size and hash agree.
 * Frees the download when reading ends, however it ends.
 *
 * @throws UserError `OTHER_BYTES` in place of the last chunk when they do not agree
 */
export async function* verifiedBody(download: Download, expected: ExpectedBytes): AsyncGenerator<Uint8Array> {
  const digests = startDigests([hashFrame(expected.form, expected.size)], expected.size);
  try {
    if (download.size !== undefined) refuseOtherSize(download.size, expected);
    let received = 0;
    let heldBack: Uint8Array | undefined;
    for await (const chunk of download.body) {
      if (chunk.length === 0) continue;
      received += chunk.length;
      if (received > expected.size) break;
      if (heldBack !== undefined) yield heldBack;
      const taken = digests.update(chunk);
      if (taken !== undefined) await taken;
      heldBack = chunk;
    }
    refuseOtherSize(received, expected);
    refuseOtherHash(await digests.finish(), expected);
    if (heldBack !== undefined) yield heldBack;
  } finally {
    digests.close();
    download.destroy();
  }
}

/** @throws UserError `OTHER_BYTES` when it is not the expected one */
export function refuseOtherSize(size: number, expected: Omit<ExpectedBytes, "form" | "hash">): void {
  if (size === expected.size) return;
  const got = size > expected.size ? "more" : `${size}`;
  throw otherBytes(expected, `expected ${expected.size} bytes, got ${got}`);
}

function refuseOtherHash([sha256]: readonly Uint8Array[], expected: ExpectedBytes): void {
  const got = sha256 === undefined ? "nothing" : formatSri(sha256);
  if (got !== expected.hash) throw otherBytes(expected, `expected ${expected.hash}, got ${got}`);
}

function otherBytes(
  { artifact, project, job }: Omit<ExpectedBytes, "form" | "hash">,
  difference: string,
): UserError {
  return new UserError(
    OTHER_BYTES,
    `${artifact}: same job id, other bytes: job ${job} of ${project}: ${difference}`,
    {
      hint: "artifacts of a job never change: find out who or what replaced them before you trust the new ones",
    },
  );
}
