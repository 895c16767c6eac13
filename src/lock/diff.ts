/** Lock × lock → what changed, for the command's summary, for `outdated` and for merge requests. Pure. */
import type { Lock, LockedVariant } from "./schema.js";

export interface Change {
  readonly artifact: string;
  readonly system: string;
  readonly kind: "added" | "removed" | "changed";
  readonly from: LockedVariant | undefined;
  readonly to: LockedVariant | undefined;
}

/** Changes by artifact and system, sorted by both names. Facts of the manifest alone (description, fetch mode) are no
 * change, nor is what is said about a build (provenance). */
export function diffLocks(before: Lock, after: Lock): Change[] {
  return sortedUnion(before.artifacts, after.artifacts).flatMap((artifact) => {
    const from = before.artifacts[artifact]?.systems ?? {};
    const to = after.artifacts[artifact]?.systems ?? {};
    return sortedUnion(from, to).flatMap((system) => {
      const kind = kindOf(from[system], to[system]);
      return kind === undefined ? [] : [{ artifact, system, kind, from: from[system], to: to[system] }];
    });
  });
}

function kindOf(from: LockedVariant | undefined, to: LockedVariant | undefined): Change["kind"] | undefined {
  if (from === undefined) return to === undefined ? undefined : "added";
  if (to === undefined) return "removed";
  const keys = Object.keys({ ...from, ...to }) as (keyof LockedVariant)[]; // strict objects
  const same = keys.every((key) => key === "provenance" || from[key] === to[key]);
  return same ? undefined : "changed";
}

function sortedUnion(a: object, b: object): string[] {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].sort();
}
