import { UserError } from "../errors.js";
import { refuseInconsistent } from "../hash/nar-of-download.js";
import { OTHER_BYTES, verifiedBody } from "../hash/verified-body.js";
import type { LockedEntry } from "../lock/entry.js";
import type { OpenStore } from "../store/daemon/open-store.js";
import { fixedPath } from "./fetch-variant.js";

/**
 * Adds what an archive of a bundle holds to the store, which gets the last bytes when all are known to be the locked ones.
 *
 * @param body the NAR
 * @throws UserError BUNDLE_OTHER_BYTES, or Nix's; nothing is added then
 */
export async function addBundled(
  body: AsyncIterable<Uint8Array>,
  wanted: LockedEntry,
  store: OpenStore,
): Promise<void> {
  refuseInconsistent(wanted);
  const { artifact, system, variant } = wanted;
  const { project, job, narSize: size, narHash: hash } = variant;
  const expected = { artifact, project, job, form: "file", size, hash } as const;
  try {
    await store.add(fixedPath(variant), verifiedBody({ size, body, destroy() {} }, expected));
  } catch (error) {
    throw error instanceof UserError && error.code === OTHER_BYTES
      ? otherBytes(`${artifact} (${system})`, error)
      : error;
  }
}

function otherBytes(name: string, cause: UserError): UserError {
  return new UserError("BUNDLE_OTHER_BYTES", `${name}: the bundle has other bytes than the lock says`, {
    hint: "trust nothing in it until you know why; write and carry it again",
    cause,
  });
}
