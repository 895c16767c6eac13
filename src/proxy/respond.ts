/** Answers → HTTP: the head, and the body where it is a text. */
import type { OutgoingHttpHeaders, ServerResponse } from "node:http";
import type { Refusal, Text } from "./refusals.js";
import type { ArtifactAnswer } from "./route.js";

const LONGEST_LINE = 1_000;

/** An answer that nothing was sent of. */
export interface Unsent {
  readonly response: ServerResponse;
  /** Of the request, for the log and for whoever asked. */
  readonly id: string;
}

/** Of every answer: nothing here is a page, and no page of another site may read it. */
function headersWith(id: string, more: OutgoingHttpHeaders): OutgoingHttpHeaders {
  const common = {
    "x-content-type-options": "nosniff",
    "cross-origin-resource-policy": "same-origin",
    "x-request-id": id,
  };
  return Object.assign(common, more); // spreading one into the other takes as long as the rest of an answer
}

/** What stands before the bytes of an artifact. */
export function sendHead({ response, id }: Unsent, { body, range, type, etag }: ArtifactAnswer): void {
  const { start, end } = range ?? { start: 0, end: body.size };
  const headers = headersWith(id, {
    "content-type": type,
    "content-length": end - start,
    "accept-ranges": "bytes",
    // Who else may have it is not for a cache between here and the caller to decide.
    "cache-control": "private",
    etag,
  });
  if (range === undefined) response.writeHead(200, headers);
  else response.writeHead(206, { ...headers, "content-range": `bytes ${start}-${end - 1}/${body.size}` });
}

/** For a caller who has the bytes already. */
export function sendUnchanged({ response, id }: Unsent, { etag }: ArtifactAnswer): void {
  response.writeHead(304, headersWith(id, { etag }));
}

export function sendText({ response, id }: Unsent, { type, lines, headers }: Text): void {
  const length = Buffer.byteLength(lines);
  response.writeHead(200, headersWith(id, { "content-type": type, "content-length": length, ...headers }));
  response.end(response.req.method === "HEAD" ? undefined : lines);
}

export function sendRefusal({ response, id }: Unsent, { status, text, headers }: Refusal): void {
  const body = `${oneLine(text)}\n`;
  const type = "text/plain; charset=utf-8";
  const length = Buffer.byteLength(body);
  response.writeHead(status, headersWith(id, { "content-type": type, "content-length": length, ...headers }));
  response.end(response.req.method === "HEAD" ? undefined : body);
}

function oneLine(text: string): string {
  return text
    .replace(/[\s\p{Cc}]+/gu, " ")
    .trim()
    .slice(0, LONGEST_LINE);
}
