/** Which variants of a lock a command works on. */
import { UserError } from "../errors.js";
import type { LockedEntry } from "../lock/entry.js";
import type { Lock, LockedArtifact } from "../lock/schema.js";

export interface Selection {
  readonly names: ReadonlySet<string>;
  /** Whether the user named the artifacts: then one that is not for these systems is an error. */
  readonly named: boolean;
  /** Undefined: all that are locked. */
  readonly systems: readonly string[] | undefined;
}

export function selectVariants(
  lock: Lock,
  { names, named, systems }: Selection,
): { wanted: LockedEntry[]; errors: UserError[] } {
  const wanted: LockedEntry[] = [];
  const errors: UserError[] = [];
  for (const [name, artifact] of Object.entries(lock.artifacts)) {
    if (!names.has(name)) continue;
    const asked = systems ?? Object.keys(artifact.systems);
    const found = asked.flatMap((one) => variantFor(one, name, artifact) ?? []);
    if (found.length === 0 && named) errors.push(notForSystem(name, asked, artifact));
    wanted.push(...found);
  }
  return { wanted, errors };
}

/** The variant of a system; the one for `any` stands in where there is no other. */
function variantFor(wanted: string, artifact: string, { systems }: LockedArtifact): LockedEntry | undefined {
  const system = wanted in systems ? wanted : "any";
  const variant = systems[system];
  return variant === undefined ? undefined : { artifact, system, variant };
}

function notForSystem(name: string, systems: readonly string[], locked: LockedArtifact): UserError {
  return new UserError("NO_VARIANT", `${name} is not locked for ${systems.join(", ")}`, {
    hint: `it is locked for: ${Object.keys(locked.systems).join(", ")}; choose with --system`,
  });
}
