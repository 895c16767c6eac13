import { fodPath } from "../generate/fod-path.js";
import type { Lock, LockedVariant } from "../lock/schema.js";
import { sriToHex } from "../store/sri.js";
import type { View } from "./body.js";
import { narPath, narinfoPath } from "./narinfo.js";

/** A variant of the lock and what it is called. */
export interface LockedEntry {
  readonly artifact: string;
  readonly system: string;
  readonly variant: LockedVariant;
}

/** What a path means. Several entries are of the same bytes, from different jobs. */
export interface Found {
  readonly view: View | "narinfo";
  readonly entries: readonly [LockedEntry, ...LockedEntry[]];
}

/** Everything that the proxy may serve, by its path. What is not in here does not exist for a client. */
type LockedIndex = ReadonlyMap<string, Found>;

/** What `locks` have at `path`, in their order. */
export function findLocked(locks: readonly Lock[], path: string): Found | undefined {
  let all: Found | undefined;
  for (const lock of locks) {
    const found = indexOf(lock).get(path);
    if (found !== undefined) all = joined(all, found);
  }
  return all;
}

/** Everything that a lock has. */
export function entriesOf({ artifacts }: Lock): LockedEntry[] {
  return Object.entries(artifacts).flatMap(([artifact, { systems }]) =>
    Object.entries(systems).map(([system, variant]) => ({ artifact, system, variant })),
  );
}

/** Locks are immutable, so each is indexed once. */
const INDEXES = new WeakMap<Lock, LockedIndex>();

function indexOf(lock: Lock): LockedIndex {
  const known = INDEXES.get(lock);
  if (known !== undefined) return known;
  const index = new Map<string, Found>();
  for (const [path, found] of paths(lock)) index.set(path, joined(index.get(path), found));
  INDEXES.set(lock, index);
  return index;
}

function joined(before: Found | undefined, { view, entries }: Found): Found {
  return before === undefined ? { view, entries } : { view, entries: [...before.entries, ...entries] };
}

/** The three faces: the URL of a derivation, Nix's `hashed-mirrors`, and a binary cache. */
function* paths(lock: Lock): Iterable<[string, Found]> {
  for (const [artifact, { gitlab, systems }] of Object.entries(lock.artifacts)) {
    for (const [system, variant] of Object.entries(systems)) {
      const entries = [{ artifact, system, variant }] as const;
      yield [fodPath({ gitlab, ...variant }), { view: "bytes", entries }];
      if (variant.form === "file") {
        yield [`/sha256/${sriToHex(variant.hash)}`, { view: "bytes", entries }];
      }
      yield [narinfoPath(variant), { view: "narinfo", entries }];
      yield [narPath(variant), { view: "nar", entries }];
    }
  }
}
