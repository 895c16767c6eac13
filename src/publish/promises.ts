import { hashMethod } from "../hash/form-content.js";
import type { LockedVariant } from "../lock/schema.js";
import { contentAddress, type NarInfo } from "../store/narinfo.js";

/** Whether a `.narinfo` says of a store path what the lock says, and so that Nix takes it unsigned. */
export function promises(info: NarInfo, variant: LockedVariant): boolean {
  return (
    info.storePath === variant.storePath &&
    info.narHash === variant.narHash &&
    info.narSize === variant.narSize &&
    info.ca === contentAddress(hashMethod(variant.form), variant.hash)
  );
}
