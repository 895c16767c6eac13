import { fodPath } from "../generate/fod-path.js";
import type { LockedEntry } from "../lock/entry.js";
import type { Lock, LockedArtifact, LockedVariant } from "../lock/schema.js";
import { sriToHex } from "../store/sri.js";
import type { View } from "./body.js";
import { narPath, narinfoPath } from "./narinfo.js";

/** What a path means. Several entries are of the same bytes, from different jobs. */
export interface Found {
  readonly view: View | "narinfo";
  readonly entries: readonly [LockedEntry, ...LockedEntry[]];
}

/** What `locks` have at `path`, in their order. What they have not does not exist for a client. */
export function findLocked(locks: readonly Lock[], path: string): Found | undefined {
  const face = FACES.find(({ paths }) => paths.test(path));
  if (face === undefined) return undefined;
  let entries: Found["entries"] | undefined;
  for (const lock of locks) {
    const more = indexOf(lock, face).get(path);
    if (more !== undefined) entries = entries === undefined ? more : [...entries, ...more];
  }
  return entries && { view: face.view, entries };
}

/** One of the ways in which Nix asks. */
interface Face {
  readonly view: Found["view"];
  /** Tells its paths from those of the others. */
  readonly paths: RegExp;
  /** Where a variant is; undefined when it is not to be had this way. */
  readonly pathOf: (variant: LockedVariant, artifact: Pick<LockedArtifact, "gitlab">) => string | undefined;
}

/** The URL of a derivation, Nix's `hashed-mirrors`, and a binary cache. */
const FACES: readonly Face[] = [
  { view: "bytes", paths: /^\/fod\//, pathOf: (variant, { gitlab }) => fodPath(gitlab, variant) },
  { view: "bytes", paths: /^\/sha256\//, pathOf: mirrorPath },
  { view: "narinfo", paths: /\.narinfo$/, pathOf: narinfoPath },
  { view: "nar", paths: /^\/nar\//, pathOf: narPath },
];

function mirrorPath({ form, hash }: LockedVariant): string | undefined {
  return form === "file" ? `/sha256/${sriToHex(hash)}` : undefined;
}

type Index = ReadonlyMap<string, Found["entries"]>;

/** Locks are immutable, so each is indexed once; and only for the faces that are asked for, since most proxies show one or two. */
const INDEXES = new WeakMap<Lock, Map<Face, Index>>();

function indexOf(lock: Lock, face: Face): Index {
  const indexes = INDEXES.get(lock) ?? new Map<Face, Index>();
  const known = indexes.get(face);
  if (known !== undefined) return known;
  const index = makeIndex(lock, face);
  INDEXES.set(lock, indexes.set(face, index));
  return index;
}

function makeIndex({ artifacts }: Lock, { pathOf }: Face): Index {
  const index = new Map<string, [LockedEntry, ...LockedEntry[]]>();
  for (const [artifact, locked] of Object.entries(artifacts)) {
    for (const [system, variant] of Object.entries(locked.systems)) {
      const path = pathOf(variant, locked);
      if (path === undefined) continue;
      const entry = { artifact, system, variant };
      const before = index.get(path);
      if (before === undefined) index.set(path, [entry]);
      else before.push(entry);
    }
  }
  return index;
}
