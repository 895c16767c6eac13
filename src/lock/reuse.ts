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
 * Finds the digests of what is resolved when the same bytes are locked under the same store name, by whichever artifact or
 * system. The URL carries the job id, and the bytes of a job never change.
 */
export function digestsKnownTo(lock: Lock): (resolved: Resolved) => Digests | undefined {
  const known = new Map<string, Digests>();
  for (const { systems } of Object.values(lock.artifacts)) {
    for (const variant of Object.values(systems)) {
      const { url, form, name, size, hash, narHash, narSize, storePath } = variant;
      const statement = variant.provenance?.statement;
      known.set(keyOf(url, form, name), { size, hash, narHash, narSize, storePath, statement });
    }
  }
  return ({ url, form, storeName }) => known.get(keyOf(url, form, storeName));
}

/** None of the parts holds a space. */
function keyOf(url: string, form: string, name: string): string {
  return `${form} ${name} ${url}`;
}
