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
  /** Whether who asks has said that they have it already. */
  readonly known: boolean;
}

/** Decides, without doing anything, what a request that was let in gets. */
export function route(asked: Asked, locks: readonly Lock[]): Route | Text | Refusal {
  const { method, target = "" } = asked;
  if (target === "/nix-cache-info") return { type: "text/x-nix-cache-info", lines: CACHE_INFO };
  const found = findLocked(locks, target);
  if (found === undefined) return NOT_LOCKED;
  return { entries: found.entries, answer: answerOf(found, asked), headOnly: method === "HEAD" };
}

function answerOf({ view, entries }: Found, asked: Asked): ArtifactAnswer | Text | Refusal {
  const { variant } = entries[0];
  if (view === "narinfo") return { type: "text/x-nix-narinfo", lines: narinfo(variant) };
  const body = bodyOf(variant, view);
  const etag = etagOf(entries[0], view);
  const known = names(single(asked.headers["if-none-match"]), etag);
  const range = known ? undefined : parseRange(rangeHeader(asked, etag), body.size);
  if (range === "beyond") return rangeBeyondEnd(body.size);
  const type = view === "nar" ? "application/x-nix-nar" : "application/octet-stream";
  return { body, type, etag, range, known };
}

/** Whether a list of tags has this one, weak or not (RFC 9110, section 13.1.2). */
function names(tags: string | undefined, etag: string): boolean {
  return tags?.split(",").some((tag) => ["*", etag].includes(tag.trim().replace(/^W\//, ""))) === true;
}

/** Parts are for GET alone, and for who has another part of the same bytes (RFC 9110, sections 14.2 and 13.1.5). */
function rangeHeader({ method, headers }: Asked, etag: string): string | undefined {
  const isOfThese = (single(headers["if-range"]) ?? etag) === etag;
  return method === "GET" && isOfThese ? single(headers["range"]) : undefined;
}

function etagOf({ variant }: LockedEntry, view: "bytes" | "nar"): string {
  return `"${view}-${view === "nar" ? variant.narHash : variant.hash}"`;
}

function single(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? undefined : header;
}
