/**
 * Every status, header and body that a client can get, and why. Nix shows the body of an error to its user, so it is one line
 * that helps. How Nix reads a status (libstore/filetransfer.cc): 5xx is tried again, five times by default; 4xx is final, except
 * 408 and 429, and 429 makes some versions wait a minute per attempt. So what may pass is a 5xx, what stays is a 4xx.
 */
import type { ServerResponse } from "node:http";
import type { UserError } from "../errors.js";
import { CACHE_DISK } from "./cache/on-cache-disk.js";
import { ID_TOKEN_REFUSED } from "./id-token.js";
import { CALLER_ELSEWHERE, CALLER_UNKNOWN } from "./passthrough.js";
import type { ArtifactAnswer } from "./route.js";

/** An answer without an artifact. */
export interface Refusal {
  readonly status: number;
  /** What to do about it. It is sent as one line. */
  readonly text: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An answer that the lock alone gives. */
export interface Text {
  readonly type: string;
  /** It ends with a new line. */
  readonly lines: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const LONGEST_LINE = 1_000;

/** For every answer: nothing here is a page, and no page of another site may read it. */
const HEADERS = {
  "x-content-type-options": "nosniff",
  "cross-origin-resource-policy": "same-origin",
} as const;

export const NOT_LOCKED: Refusal = {
  status: 404,
  text: "not in the artifacts.lock.json of this proxy: start `artifacts proxy` in the repository whose overlay is being built",
};

export function foreignHost(expected: string): Refusal {
  return { status: 421, text: `ask this proxy by its address: http://${expected}` };
}

export const NOT_FOR_ADMINS: Refusal = {
  status: 404,
  text: "here are: / (a page), /-/status, /metrics, /-/ready, /-/live, /-/version",
};

export const WRONG_METHOD: Refusal = {
  status: 405,
  text: "this proxy answers GET and HEAD only",
  headers: { allow: "GET, HEAD" },
};

export const CROSS_SITE: Refusal = { status: 403, text: "this proxy does not answer web pages" };

export const BODY_REFUSED: Refusal = {
  status: 413,
  text: "this proxy takes no request with a body",
  headers: { connection: "close" },
};

export const BROKEN: Refusal = { status: 500, text: "the proxy failed: see its log" };

export function rangeBeyondEnd(size: number): Refusal {
  return {
    status: 416,
    text: `there are ${size} bytes`,
    headers: { "content-range": `bytes */${size}`, "accept-ranges": "bytes" },
  };
}

/** What a client is told when GitLab does not give the bytes, or gives others. */
export function upstreamFailed(error: UserError): Refusal {
  const text = error.hint === undefined ? error.message : `${error.message} (${error.hint})`;
  const status = statusOf(error);
  return status === 401
    ? { status, text, headers: { "www-authenticate": 'Basic realm="GitLab token"' } }
    : { status, text };
}

/** What no `GitLabError` says is passing stays as it is until somebody acts. */
function statusOf(error: UserError): number {
  const { status, transient } = error as UserError & { status?: number; transient?: boolean }; // GitLabError adds them
  if (transient === true && error.code === "GITLAB_TIMEOUT") return 504;
  if (transient === true) return status === 429 || status === 503 ? 503 : 502;
  if (status === 401 || status === 403) return 403;
  if (status === 404 || status === 410) return 404;
  if (error.code === CACHE_DISK) return 507;
  if (error.code === CALLER_UNKNOWN || error.code === ID_TOKEN_REFUSED) return 401;
  if (error.code === CALLER_ELSEWHERE) return 403;
  return 424;
}

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
