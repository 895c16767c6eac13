import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { UserError } from "../errors.js";
import { FORM_CONTENT } from "../hash/form-content.js";
import { OTHER_BYTES, verifiedBody } from "../hash/verified-body.js";
import { onDisk, writeBody } from "../hash/write-body.js";
import { narFrame } from "../store/nar.js";
import type { FetchOptions } from "./fetch.js";
import type { LockedEntry } from "../lock/entry.js";

/**
 * Makes `unpacked` what the archive of a bundle holds, while it is compared with the lock, which knows its hash.
 *
 * @param unpacked absolute path of what is to be added to the store; its directory is made
 * @throws UserError BUNDLE_OTHER_BYTES, CANNOT_WRITE, or Nix's; a part may then be there
 */
export async function unpackBundled(
  entry: AsyncIterable<Uint8Array>,
  { artifact, system, variant }: LockedEntry,
  unpacked: string,
  { nix, signal }: Pick<FetchOptions, "nix" | "signal">,
): Promise<void> {
  const { form, size, narSize, narHash, project, job } = variant;
  const expected = { artifact, project, job, form: "file", size: narSize, hash: narHash } as const;
  const nar = verifiedBody({ size: narSize, body: entry, destroy() {} }, expected);
  try {
    await onDisk(unpacked, mkdir(dirname(unpacked)));
    if (form === "unpacked") await nix.restore(nar, unpacked, signal);
    else {
      const { executable } = FORM_CONTENT[form];
      const { prefix } = narFrame(size, executable);
      await writeBody(unpacked, section(nar, prefix.length, size), executable ? 0o755 : 0o644);
    }
  } catch (error) {
    throw error instanceof UserError && error.code === OTHER_BYTES
      ? otherBytes(`${artifact} (${system})`, error)
      : error;
  }
}

/** `size` bytes from `start`; reads to the end, since only that says whether they are the right ones. */
async function* section(
  body: AsyncIterable<Uint8Array>,
  start: number,
  size: number,
): AsyncGenerator<Uint8Array> {
  let at = -start;
  for await (const chunk of body) {
    const part = chunk.subarray(Math.max(0, -at), Math.max(0, size - at));
    at += chunk.length;
    if (part.length > 0) yield part;
  }
}

function otherBytes(name: string, cause: UserError): UserError {
  return new UserError("BUNDLE_OTHER_BYTES", `${name}: the bundle has other bytes than the lock says`, {
    hint: "trust nothing in it until you know why; write and carry it again",
    cause,
  });
}
