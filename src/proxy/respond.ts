/** Answers → HTTP: the head, and the body where it is a text. */
import type { ServerResponse } from "node:http";
import type { Refusal, Text } from "./refusals.js";
import type { ArtifactAnswer } from "./route.js";

const LONGEST_LINE = 1_000;

/** For every answer: nothing here is a page, and no page of another site may read it. */
const HEADERS = {
  "x-content-type-options": "nosniff",
  "cross-origin-resource-policy": "same-origin",
} as const;

/** What stands before the bytes of an artifact. */
export function sendHead(response: ServerResponse, { body, range, type, etag }: ArtifactAnswer): void {
  const { start, end } = range ?? { start: 0, end: body.size };
  response.writeHead(range === undefined ? 200 : 206, {
    ...HEADERS,
    "content-type": type,
    "content-length": end - start,
    "accept-ranges": "bytes",
    // Who else may have it is not for a cache between here and the caller to decide.
    "cache-control": "private",
    etag,
    ...(range === undefined ? {} : { "content-range": `bytes ${start}-${end - 1}/${body.size}` }),
  });
}

/** For a caller who has the bytes already. */
export function sendUnchanged(response: ServerResponse, { etag }: ArtifactAnswer): void {
  response.writeHead(304, { ...HEADERS, etag });
}

export function sendText(response: ServerResponse, { type, lines, headers }: Text): void {
  response.writeHead(200, {
    ...HEADERS,
    "content-type": type,
    "content-length": Buffer.byteLength(lines),
    ...headers,
  });
  response.end(response.req.method === "HEAD" ? undefined : lines);
}

export function sendRefusal(response: ServerResponse, { status, text, headers }: Refusal): void {
  const body = `${oneLine(text)}\n`;
  response.writeHead(status, {
    ...HEADERS,
    "content-type": "text/plain; charset=utf-8",
    "content-length": Buffer.byteLength(body),
    ...headers,
  });
  response.end(response.req.method === "HEAD" ? undefined : body);
}

function oneLine(text: string): string {
  return text
    .replace(/[\s\p{Cc}]+/gu, " ")
    .trim()
    .slice(0, LONGEST_LINE);
}
