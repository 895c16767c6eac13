/** `Lock` → text of the file: one text for one lock, so that locking twice changes nothing and diffs show only what changed. */
import { type JsonObject, printJson } from "../print-json.js";
import type { Lock, LockedArtifact, LockedVariant, Provenance, Statement } from "./schema.js";

/** The order in which people want to read the facts; it is also the format's, so a schema key that is missing here is a type error. */
const VARIANT_ORDER = {
  name: 1,
  version: 2,
  url: 3,
  projectId: 4,
  project: 5,
  ref: 6,
  commit: 7,
  pipeline: 8,
  job: 9,
  jobName: 10,
  file: 11,
  form: 12,
  size: 13,
  hash: 14,
  narHash: 15,
  narSize: 16,
  storePath: 17,
  createdAt: 18,
  expiresAt: 19,
  provenance: 20,
} satisfies Record<keyof LockedVariant, number>;

const PROVENANCE_ORDER = {
  commitTitle: 1,
  authoredAt: 2,
  refProtected: 3,
  previousCommit: 4,
  statement: 5,
} satisfies Record<keyof Provenance, number>;

const STATEMENT_ORDER = {
  builder: 1,
  buildType: 2,
  invocation: 3,
  commit: 4,
  subject: 5,
} satisfies Record<keyof Statement, number>;

const ARTIFACT_ORDER = {
  description: 1,
  gitlab: 2,
  project: 3,
  ref: 4,
  fetch: 5,
  install: 6,
  license: 7,
  groups: 8,
  systems: 9,
} satisfies Record<keyof LockedArtifact, number>;

/**
 * What the lockfile should hold for `lock`: the text that is there already if it says the same, however it is formatted.
 *
 * @param present text of the file now; undefined when there is none
 */
export function lockText(lock: Lock, present: string | undefined): string {
  const same = present !== undefined && compact(present) === JSON.stringify(inStableOrder(lock));
  return same ? present : printLock(lock);
}

/** The exact text of a lockfile: stable order, one fact a line, as prettier leaves it. */
export function printLock(lock: Lock): string {
  return `${printJson(inStableOrder(lock))}\n`;
}

function inStableOrder(lock: Lock): JsonObject {
  const artifacts = mapSorted(lock.artifacts, (artifact) => ({
    ...inOrder(artifact, ARTIFACT_ORDER),
    systems: mapSorted(artifact.systems, variantInOrder),
  }));
  return { version: lock.version, artifacts };
}

function variantInOrder({ provenance, ...variant }: LockedVariant): JsonObject {
  if (provenance === undefined) return inOrder(variant, VARIANT_ORDER);
  const { statement, ...facts } = provenance;
  const ordered = inOrder(facts, PROVENANCE_ORDER);
  const own = statement === undefined ? {} : { statement: inOrder(statement, STATEMENT_ORDER) };
  return { ...inOrder(variant, VARIANT_ORDER), provenance: { ...ordered, ...own } };
}

/** The same JSON without white space; undefined for what is no JSON. */
function compact(text: string): string | undefined {
  try {
    return JSON.stringify(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function inOrder<T extends JsonObject>(record: T, order: Readonly<Record<keyof T, number>>): JsonObject {
  const keys = Object.keys(order).filter((key) => record[key] !== undefined);
  keys.sort((a, b) => (order[a] ?? 0) - (order[b] ?? 0));
  return Object.fromEntries(keys.map((key) => [key, record[key]]));
}

/** By code unit, not by locale: the same on every machine. */
function mapSorted<T, U>(record: Readonly<Record<string, T>>, map: (value: T) => U): Record<string, U> {
  const entries = Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, value]) => [key, map(value)]));
}
