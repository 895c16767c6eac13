import type { Lock } from "../lock/schema.js";
import type { Asked } from "./asked.js";
import { type Body, bodyOf } from "./body.js";
import { type LockedEntry } from "../lock/entry.js";
import { findLocked, type Found } from "./locked-index.js";
import { CACHE_INFO, narinfo } from "./narinfo.js";
import { type ByteRange, parseRange } from "./range.js";
import { NOT_LOCKED, type Refusal, type Text, rangeBeyondEnd } from "./refusals.js";

/** Who may have one of `entries` gets an answer. */
export interface Route {
  readonly entries: Found["entries"];
  /** A refusal of what is asked of the artifact: it tells that there is one, and how big. */
  readonly answer: ArtifactAnswer | Text | Refusal;
  readonly headOnly: boolean;
}

export interface ArtifactAnswer {
  readonly body: Body;
  readonly type: string;
  /** Names the bytes; it is the same for ever. */
  readonly etag: string;
  /** Undefined: the whole, as a full answer. */
  readonly range: ByteRange | undefined;
}

/** Decides, without doing anything, what a request that was let in gets. */
export function route(asked: Asked, locks: readonly Lock[]): Route | Text | Refusal {
  const { method, target = "" } = asked;
  if (target === "/nix-cache-info") return { type: "text/x-nix-cache-info", lines: CACHE_INFO };
  const found = findLocked(locks, target);
  if (found === undefined) return NOT_LOCKED;
  return { entries: found.entries, answer: answerOf(found, asked), headOnly: method === "HEAD" };
}

function answerOf({ view, entries }: Found, { headers }: Asked): ArtifactAnswer | Text | Refusal {
  const { variant } = entries[0];
  if (view === "narinfo") return { type: "text/x-nix-narinfo", lines: narinfo(variant) };
  const body = bodyOf(variant, view);
  const range = parseRange(single(headers["range"]), body.size);
  if (range === "beyond") return rangeBeyondEnd(body.size);
  const type = view === "nar" ? "application/x-nix-nar" : "application/octet-stream";
  return { body, type, etag: etagOf(entries[0], view), range };
}

function etagOf({ variant }: LockedEntry, view: "bytes" | "nar"): string {
  return `"${view}-${view === "nar" ? variant.narHash : variant.hash}"`;
}

function single(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? undefined : header;
}
