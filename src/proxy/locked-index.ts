import type { Lock, LockedVariant } from "../lock/schema.js";
import { fodPath } from "../generate/fod-path.js";

/** A variant of the lock and what it is called. */
export interface LockedEntry {
  readonly artifact: string;
  readonly system: string;
  readonly variant: LockedVariant;
}

/** Everything that the proxy may serve, by its path. What is not in here does not exist for a client. */
type LockedIndex = ReadonlyMap<string, LockedEntry>;

/** The variant at `path` in the first of `locks` that has it. */
export function findLocked(locks: readonly Lock[], path: string): LockedEntry | undefined {
  for (const lock of locks) {
    const entry = indexOf(lock).get(path);
    if (entry !== undefined) return entry;
  }
  return undefined;
}

/** Locks are immutable, so each is indexed once. */
const INDEXES = new WeakMap<Lock, LockedIndex>();

function indexOf(lock: Lock): LockedIndex {
  const known = INDEXES.get(lock);
  if (known !== undefined) return known;
  const index = new Map(entries(lock));
  INDEXES.set(lock, index);
  return index;
}

function* entries(lock: Lock): Iterable<[string, LockedEntry]> {
  for (const [artifact, { gitlab, systems }] of Object.entries(lock.artifacts)) {
    for (const [system, variant] of Object.entries(systems)) {
      yield [fodPath({ gitlab, ...variant }), { artifact, system, variant }];
    }
  }
}
