import type { Lock } from "../lock/schema.js";
import { type Body, bodyOf } from "./body.js";
import { findLocked, type Found, type LockedEntry } from "./locked-index.js";
import { CACHE_INFO, narinfo } from "./narinfo.js";
import { type ByteRange, parseRange } from "./range.js";
import {
  BODY_REFUSED,
  CROSS_SITE,
  NOT_LOCKED,
  type Refusal,
  type Text,
  WRONG_METHOD,
  rangeBeyondEnd,
} from "./respond.js";

/** What of a request decides about its answer. */
export interface Asked {
  readonly method: string | undefined;
  /** The request target as it was sent. */
  readonly target: string | undefined;
  /** Headers by their names in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** Who may have one of `entries` gets an answer. */
export interface Route {
  readonly entries: Found["entries"];
  readonly answer: ArtifactAnswer | Text;
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

/** Decides, without doing anything, what a request gets. */
export function route(asked: Asked, locks: readonly Lock[]): Route | Text | Refusal {
  const { method, target = "" } = asked;
  if (method !== "GET" && method !== "HEAD") return WRONG_METHOD;
  const refusal = refuseHeaders(asked);
  if (refusal !== undefined) return refusal;
  if (target === "/nix-cache-info") return { type: "text/x-nix-cache-info", lines: CACHE_INFO };
  const found = findLocked(locks, target);
  if (found === undefined) return NOT_LOCKED;
  const answer = answerOf(found, asked);
  return "status" in answer ? answer : { entries: found.entries, answer, headOnly: method === "HEAD" };
}

/**
 * A browser says when another site makes it ask (Fetch Metadata, https://www.w3.org/TR/fetch-metadata/); Nix sends neither header. A
 * body has no meaning in a GET (RFC 9110, section 9.3.1) and is where request smuggling hides.
 */
function refuseHeaders({ headers }: Asked): Refusal | undefined {
  const site = headers["sec-fetch-site"] ?? "none";
  if (headers["origin"] !== undefined || (site !== "none" && site !== "same-origin")) return CROSS_SITE;
  const length = headers["content-length"] ?? "0";
  return headers["transfer-encoding"] !== undefined || length !== "0" ? BODY_REFUSED : undefined;
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
