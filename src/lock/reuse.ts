/** What the lock knows already does not have to be downloaded again. Pure. */
import type { Digests } from "../hash/hashed.js";
import type { DeclaredVariant } from "../manifest/declared.js";
import type { Resolved } from "../resolve/resolved.js";
import type { Lock, LockedArtifact, LockedVariant } from "./schema.js";

/** The entry that a declared variant has now, whatever it points at. */
export function lockedVariantOf(lock: Lock, variant: DeclaredVariant): LockedVariant | undefined {
  return lock.artifacts[variant.artifact]?.systems[variant.system];
}

/** The same with the artifact that it belongs to. */
export function lockedEntryOf(
  lock: Lock,
  declared: DeclaredVariant,
): { readonly artifact: LockedArtifact; readonly variant: LockedVariant } | undefined {
  const artifact = lock.artifacts[declared.artifact];
  const variant = artifact?.systems[declared.system];
  return artifact === undefined || variant === undefined ? undefined : { artifact, variant };
}

/**
 * The digests of `resolved` when the same bytes are locked under the same store name, by whichever artifact or system.
 * The URL carries the job id, and the bytes of a job never change.
 */
export function knownDigests(lock: Lock, resolved: Resolved): Digests | undefined {
  for (const artifact of Object.values(lock.artifacts)) {
    for (const variant of Object.values(artifact.systems)) {
      if (variant.url !== resolved.url) continue;
      if (variant.form !== resolved.form || variant.name !== resolved.storeName) continue;
      const { size, hash, narHash, narSize, storePath } = variant;
      return { size, hash, narHash, narSize, storePath };
    }
  }
  return undefined;
}
