import { parseFodPath } from "../generate/fod-path.js";
import type { Lock, LockedVariant } from "../lock/schema.js";
import { findLocked, type LockedEntry } from "./locked-index.js";
import { NOT_LOCKED, type Refusal, WRONG_METHOD, rangeBeyondEnd } from "./respond.js";

/** What of a request decides about its answer. */
export interface Asked {
  readonly method: string | undefined;
  /** The request target as it was sent. */
  readonly target: string | undefined;
  /** The `Range` header. */
  readonly range: string | undefined;
}

/** The artifact to send. */
export interface Route {
  readonly entry: LockedEntry;
  /** Send from this byte on, as a partial answer; undefined: the whole, as a full one. */
  readonly offset: number | undefined;
  readonly headOnly: boolean;
}

/** Decides, without doing anything, what a request gets. */
export function route({ method, target, range }: Asked, locks: readonly Lock[]): Route | Refusal {
  if (method !== "GET" && method !== "HEAD") return WRONG_METHOD;
  const entry = lookUp(target, locks);
  if (entry === undefined) return NOT_LOCKED;
  const offset = offsetOf(range);
  const size = servedSize(entry.variant);
  if (offset !== undefined && offset >= size) return rangeBeyondEnd(size);
  return { entry, offset, headOnly: method === "HEAD" };
}

/** Bytes of what stands at a variant's path: its file, or the NAR of its tree, which is what Nix unpacks (`unpack = true`). */
export function servedSize({ form, size, narSize }: LockedVariant): number {
  return form === "unpacked" ? narSize : size;
}

function lookUp(target: string | undefined, locks: readonly Lock[]): LockedEntry | undefined {
  if (target === undefined || parseFodPath(target) === undefined) return undefined;
  return findLocked(locks, target);
}

/**
 * Nix resumes with `bytes=N-` and nothing else. Any other range is ignored, as RFC 9110, section 14.2, allows. `If-Range` needs no
 * look: the path names the bytes, so they are never others.
 */
function offsetOf(range: string | undefined): number | undefined {
  const [, first] = /^bytes=(\d{1,15})-$/.exec(range ?? "") ?? [];
  return first === undefined ? undefined : Number(first);
}
