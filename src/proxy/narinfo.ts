/**
 * The texts of a binary cache (Nix manual, "HTTP Binary Cache Store"; libstore/nar-info.cc). The store path of a fixed output follows
 * from its content, which the `CA` line states, and Nix checks that: so no signature is needed (libstore/path-info.cc `isContentAddressed`).
 */
import { FORM_CONTENT } from "../hash/form-content.js";
import type { LockedVariant } from "../lock/schema.js";
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
  return `/${storeHash(variant)}.narinfo`;
}

/** Names the content as well, so that whoever asks must have read the narinfo or the lock. */
export function narPath(variant: Pick<LockedVariant, "storePath" | "narHash">): string {
  return `/nar/${storeHash(variant)}-${nix32(parseSri(variant.narHash))}.nar`;
}

/** The NAR is not compressed: artifacts mostly are already, and its length is known before the first byte. */
export function narinfo(variant: LockedVariant): string {
  const narHash = `sha256:${nix32(parseSri(variant.narHash))}`;
  const method = FORM_CONTENT[variant.form].method === "flat" ? "" : "r:";
  const lines = {
    StorePath: variant.storePath,
    URL: narPath(variant).slice(1),
    Compression: "none",
    FileHash: narHash,
    FileSize: variant.narSize,
    NarHash: narHash,
    NarSize: variant.narSize,
    References: "",
    CA: `fixed:${method}sha256:${nix32(parseSri(variant.hash))}`,
  };
  return Object.entries(lines)
    .map(([name, value]) => `${name}: ${value}\n`)
    .join("");
}

function storeHash({ storePath }: Pick<LockedVariant, "storePath">): string {
  return storePath.slice("/nix/store/".length, "/nix/store/".length + HASH_DIGITS);
}
