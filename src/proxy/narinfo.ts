/**
 * The texts of a binary cache (Nix manual, "HTTP Binary Cache Store"; libstore/nar-info.cc). The store path of a fixed output follows
 * from its content, which the `CA` line states, and Nix checks that: so no signature is needed (libstore/path-info.cc `isContentAddressed`).
 */
import { lockedNarInfo } from "../hash/locked-narinfo.js";
import type { LockedVariant } from "../lock/schema.js";
import { narInfoKey, printNarInfo } from "../store/narinfo.js";
import { nix32 } from "../store/nix32.js";
import { parseSri } from "../store/sri.js";

/**
 * Asked before caches on the internet, whose priority is 40: a "no" from here is quick. `WantMassQuery` lets Nix ask for every path of
 * a closure.
 */
export const CACHE_INFO = "StoreDir: /nix/store\nWantMassQuery: 1\nPriority: 30\n";

/** Length of the hash in a store path. */
const HASH_DIGITS = 32;

export function narinfoPath(variant: Pick<LockedVariant, "storePath">): string {
  return `/${narInfoKey(variant.storePath)}`;
}

/** Names the content as well, so that whoever asks must have read the narinfo or the lock. */
export function narPath(variant: Pick<LockedVariant, "storePath" | "narHash">): string {
  return `/nar/${storeHash(variant)}-${nix32(parseSri(variant.narHash))}.nar`;
}

/** The NAR is not compressed: artifacts mostly are already, and its length is known before the first byte. */
export function narinfo(variant: LockedVariant): string {
  const file = { hash: variant.narHash, size: variant.narSize };
  return printNarInfo(lockedNarInfo(variant, { url: narPath(variant).slice(1), compression: "none", file }));
}

function storeHash({ storePath }: Pick<LockedVariant, "storePath">): string {
  return storePath.slice("/nix/store/".length, "/nix/store/".length + HASH_DIGITS);
}
