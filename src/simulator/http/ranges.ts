/**
 * Conditional and partial answers as Go's `http.ServeContent` and S3 give them: RFC 9110, sections 13 and 14.
 * A request for several ranges gets the whole content, which the RFC allows.
 */
import type { IncomingHttpHeaders } from "node:http";
import type { Content } from "../archive/content.js";
import { empty, type Reply } from "./reply.js";

export interface Served {
  readonly content: Content;
  readonly etag: string | undefined;
  readonly lastModified: Date;
  readonly headers: Readonly<Record<string, string>>;
}

/** 200, 206, 304, 412 or 416 for a GET or HEAD with these request headers. */
export function serveContent(request: IncomingHttpHeaders, served: Served): Reply {
  const { content, etag, lastModified } = served;
  const headers = {
    ...served.headers,
    "Accept-Ranges": "bytes",
    "Last-Modified": lastModified.toUTCString(),
    ...(etag === undefined ? {} : { ETag: etag }),
  };
  const refused = failedPrecondition(request, served);
  if (refused !== undefined) return empty(refused, headers);
  const range = rangeIsWanted(request, served) ? parseRange(request.range, content.size) : "whole";
  if (range === "unsatisfiable")
    return empty(416, { ...served.headers, "Content-Range": `bytes */${content.size}` });
  if (range === "whole")
    return { status: 200, headers, body: { kind: "content", content, start: 0, end: content.size } };
  const { start, end } = range;
  return {
    status: 206,
    headers: { ...headers, "Content-Range": `bytes ${start}-${end - 1}/${content.size}` },
    body: { kind: "content", content, start, end },
  };
}

/** Whether one of the tags in an If-None-Match header is `etag`, strong and weak being the same. */
export function noneMatchHolds(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  const bare = (tag: string) => tag.trim().replace(/^W\//, "");
  return header.trim() === "*" || header.split(",").some((tag) => bare(tag) === bare(etag));
}

function failedPrecondition(request: IncomingHttpHeaders, served: Served): 304 | 412 | undefined {
  const { etag = "" } = served;
  const modified = wholeSeconds(served.lastModified);
  const ifMatch = request["if-match"];
  if (ifMatch !== undefined) {
    if (ifMatch.trim() !== "*" && !ifMatch.split(",").some((tag) => strongMatch(tag, etag))) return 412;
  } else if (modified > dateOf(request["if-unmodified-since"], Infinity)) return 412;
  if (request["if-none-match"] !== undefined)
    return noneMatchHolds(request["if-none-match"], etag) ? 304 : undefined;
  return modified <= dateOf(request["if-modified-since"], -Infinity) ? 304 : undefined;
}

function rangeIsWanted(request: IncomingHttpHeaders, { etag = "", lastModified }: Served): boolean {
  const ifRange = request["if-range"];
  if (ifRange === undefined || typeof ifRange !== "string") return true;
  return ifRange.includes('"')
    ? strongMatch(ifRange, etag)
    : dateOf(ifRange, NaN) === wholeSeconds(lastModified);
}

function parseRange(
  header: string | undefined,
  size: number,
): { start: number; end: number } | "whole" | "unsatisfiable" {
  const [, first = "", last = ""] = /^bytes=(\d*)-(\d*)$/.exec(header ?? "") ?? [];
  if (first === "" && last === "") return "whole";
  const start = first === "" ? Math.max(size - Number(last), 0) : Number(first);
  const end = first === "" || last === "" ? size : Math.min(Number(last) + 1, size);
  if (first !== "" && last !== "" && Number(last) < start) return "whole";
  return start < end ? { start, end } : "unsatisfiable";
}

function strongMatch(tag: string, etag: string): boolean {
  return tag.trim() === etag && !etag.startsWith("W/") && etag !== "";
}

function dateOf(header: string | undefined, otherwise: number): number {
  const time = header === undefined ? NaN : Date.parse(header);
  return Number.isNaN(time) ? otherwise : time;
}

/** HTTP dates have no fractions of a second. */
function wholeSeconds(date: Date): number {
  return Math.floor(date.getTime() / 1000) * 1000;
}
