import type { LockedEntry } from "../lock/entry.js";
import { UserError } from "../errors.js";
import type { Download } from "../gitlab/gitlab.js";
import { FORM_CONTENT, hashMethod } from "./form-content.js";
import { verifiedBody } from "./verified-body.js";
import { verifiedNar } from "./verified-nar.js";
import { narFrame } from "../store/nar.js";
import { fixedOutputPath } from "../store/store-path.js";
import { parseSri } from "../store/sri.js";

/**
 * The NAR of a variant's store path while its bytes are downloaded. It ends only if they are the locked ones.
 *
 * @throws UserError while reading, when they are not
 */
export async function* narOfDownload(
  download: Download,
  { artifact, variant }: LockedEntry,
): AsyncGenerator<Uint8Array> {
  const { form, size } = variant;
  if (form === "unpacked") {
    yield* verifiedNar(download, { artifact, ...variant }).body;
    return;
  }
  const frame = narFrame(size, FORM_CONTENT[form].executable);
  yield frame.prefix;
  yield* verifiedBody(download, { artifact, ...variant, form });
  yield frame.suffix;
}

/**
 * The facts of a lock follow from each other; a lock edited by hand or merged badly may contradict itself, and every Nix
 * would refuse what it says.
 *
 * @throws UserError LOCK_CONTRADICTION
 */
export function refuseInconsistent({ artifact, system, variant }: LockedEntry): void {
  const { name, form, size, hash, narHash, narSize, storePath } = variant;
  const method = hashMethod(form);
  const expected = fixedOutputPath({ name, method, sha256: parseSri(hash) });
  const wrong =
    storePath !== expected
      ? `storePath should be ${expected}`
      : method === "nar" && narHash !== hash
        ? `narHash should be ${hash}`
        : form !== "unpacked" && narSize !== narFrame(size, FORM_CONTENT[form].executable).narSize
          ? `narSize should be ${narFrame(size, FORM_CONTENT[form].executable).narSize}`
          : undefined;
  if (wrong === undefined) return;
  throw new UserError(
    "LOCK_CONTRADICTION",
    `${artifact} (${system}): the lock contradicts itself: ${wrong}`,
    {
      hint: `run: artifacts lock --rehash ${artifact}`,
    },
  );
}
