/**
 * What a client is told that does not get bytes, and why. Nix shows the body of an error to its user, so it is one line
 * that helps. How Nix reads a status (libstore/filetransfer.cc): 5xx is tried again, five times by default; 4xx is final, except
 * 408 and 429, and 429 makes some versions wait a minute per attempt. So what may pass is a 5xx, what stays is a 4xx.
 */
import type { UserError } from "../errors.js";
import { CACHE_DISK } from "./cache/on-cache-disk.js";

/** An answer without an artifact. */
export interface Refusal {
  readonly status: number;
  /** What to do about it. It is sent as one line. */
  readonly text: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** What went wrong in the proxy itself: for its log alone. */
  readonly cause?: unknown;
}

/** An answer that the lock alone gives. */
export interface Text {
  readonly type: string;
  /** It ends with a new line. */
  readonly lines: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The codes of the errors of callers who must say who they are, or may have nothing here. */
export const CALLER_UNKNOWN = "CALLER_UNKNOWN";
export const CALLER_ELSEWHERE = "CALLER_ELSEWHERE";
export const ID_TOKEN_REFUSED = "ID_TOKEN_REFUSED";
export const CERTIFICATE_REFUSED = "CERTIFICATE_REFUSED";
/** Another connection may be let in. */
export const AUTHORITIES_CHANGED = "AUTHORITIES_CHANGED";

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
  if (status === 401) return { status, text, headers: { "www-authenticate": 'Basic realm="GitLab token"' } };
  return error.code === AUTHORITIES_CHANGED
    ? { status, text, headers: { connection: "close" } }
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
  if (error.code === AUTHORITIES_CHANGED) return 503;
  if (error.code === CALLER_UNKNOWN || error.code === ID_TOKEN_REFUSED) return 401;
  if (error.code === CALLER_ELSEWHERE || error.code === CERTIFICATE_REFUSED) return 403;
  return 424;
}
