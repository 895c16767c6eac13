import type { LockedArtifact, LockedVariant } from "../../src/lock/schema.js";
import type { Previous } from "../../src/resolve/as-locked.js";
import { makeArtifact, makeVariant } from "../make/lock.js";

/** What the lock holds for `declaredVariant`, built by job 77 of project 42. */
export function lockedVariant(fields: Partial<LockedVariant> = {}): LockedVariant {
  const origin = { projectId: 42, project: "g/app", job: 77, pipeline: 7, file: "dist/app" };
  return makeVariant({ ...origin, name: "app", expiresAt: null, ...fields });
}

/** The same as an entry of the lock, of the artifact that `declaredVariant` belongs to. */
export function lockedEntry(variant: LockedVariant, artifact: Partial<LockedArtifact> = {}): Previous {
  const { origin: gitlab } = new URL(variant.url);
  const systems = { "x86_64-linux": variant };
  return { variant, artifact: makeArtifact({ gitlab, project: "g/app", systems, ...artifact }) };
}
