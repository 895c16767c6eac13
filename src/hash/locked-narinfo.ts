import type { LockedVariant } from "../lock/schema.js";
import { contentAddress, type NarInfo } from "../store/narinfo.js";
import { hashMethod } from "./form-content.js";

/** What a `.narinfo` says of a locked variant, unsigned, given its archive: any cache says the same of the path itself. */
export function lockedNarInfo(
  { storePath, form, hash, narHash, narSize }: LockedVariant,
  archive: Pick<NarInfo, "url" | "compression"> & Required<Pick<NarInfo, "file">>,
): NarInfo {
  const ca = contentAddress(hashMethod(form), hash);
  return { storePath, ...archive, narHash, narSize, references: [], ca, signatures: [] };
}
