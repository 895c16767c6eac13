/**
 * Faults to order: everything that networks, proxies and servers do to clients. A fault waits for requests that match it
 * and then spoils their answers, `times` times or for ever.
 */
import { empty, html, json, text, tooManyRequests, xmlError, type Reply } from "./reply.js";
import type { HttpRequest } from "./request.js";

export type Fault = FaultMatch & FaultKind;

interface FaultMatch {
  readonly method?: string;
  /** What the request's path and query, as sent, must match or contain. */
  readonly path: RegExp | string;
  /** How many requests it spoils; all when absent. */
  readonly times?: number;
  /** How many requests it lets pass before; none when absent. */
  readonly after?: number;
  /** Which server's requests it waits for. Default: the API's. */
  readonly on?: "api" | "storage";
}

export type FaultKind = AnswerFault | BodyFault | ReplyFault;

/** Answers in place of the server. */
type AnswerFault =
  | { readonly kind: "bad-gateway" }
  | { readonly kind: "unavailable"; readonly retryAfter?: number | string }
  | {
      readonly kind: "rate-limited";
      readonly shape: "rack" | "application" | "edge";
      readonly retryAfter?: number;
    }
  /** 403 in XML, as a storage answers to an expired or mangled signature. */
  | { readonly kind: "denied" }
  /** An error of the storage in XML: S3's names, "SlowDown" with 503, "NoSuchKey" with 404. */
  | { readonly kind: "storage-error"; readonly status: number; readonly code: string }
  | { readonly kind: "moved"; readonly location: string }
  | { readonly kind: "redirect-loop" }
  /** A redirect to the sign-in page, which answers 200. */
  | { readonly kind: "sign-in" }
  /** A page with status 200 where something else was expected. */
  | { readonly kind: "html" }
  | { readonly kind: "not-found"; readonly message: "404 Not found" | "404 Not Found" }
  /** An error whose body repeats the request's headers, credentials included. */
  | { readonly kind: "echo-headers"; readonly status?: number }
  | {
      readonly kind: "answer";
      readonly status: number;
      readonly headers?: Record<string, string>;
      readonly body?: string;
    };

/** Spoils the bytes, or the connection, on the way. */
export type BodyFault =
  /** The connection ends in order, but after `afterBytes` of the body (default: half of it). */
  | { readonly kind: "truncated"; readonly afterBytes?: number }
  /** Nothing more comes after `afterBytes` (default: half), and the connection stays open. */
  | { readonly kind: "stalled"; readonly afterBytes?: number }
  /** The connection is reset: before any answer, or after `afterBytes` of the body. */
  | { readonly kind: "reset"; readonly afterBytes?: number }
  /** The request is taken, and nothing ever comes back. */
  | { readonly kind: "silent" }
  /** Headers come one by one, and never the end of them. */
  | { readonly kind: "slow-headers" }
  /** `Content-Length` counts half of the body; all of it is sent. */
  | { readonly kind: "over-long" }
  /** One byte in the middle is another. */
  | { readonly kind: "wrong-bytes" };

/** Changes the server's own reply. */
type ReplyFault =
  /** Removes fields from JSON objects, at any depth, or makes them null. */
  | { readonly kind: "fields"; readonly remove?: readonly string[]; readonly setNull?: readonly string[] }
  /** Sets headers of the reply. */
  | { readonly kind: "headers"; readonly set: Readonly<Record<string, string>> }
  /** Redirects to http where it would have been https. */
  | { readonly kind: "insecure-redirect" };

export class Faults {
  readonly #waiting: { readonly fault: Fault; spared: number; left: number }[] = [];

  add(fault: Fault): void {
    this.#waiting.push({ fault, spared: fault.after ?? 0, left: fault.times ?? Infinity });
  }

  /** Forgets all faults. */
  clear(): void {
    this.#waiting.length = 0;
  }

  /** The first fault for this request, used up by one. */
  take(on: "api" | "storage", request: HttpRequest): Fault | undefined {
    const found = this.#waiting.find(({ fault }) => (fault.on ?? "api") === on && matches(fault, request));
    if (found === undefined) return undefined;
    if (found.spared > 0) {
      found.spared -= 1;
      return undefined;
    }
    found.left -= 1;
    if (found.left <= 0) this.#waiting.splice(this.#waiting.indexOf(found), 1);
    return found.fault;
  }

  /** Lets a fault of an API request hit the storage request that its redirect leads to instead. */
  follow(fault: Fault, redirect: URL): void {
    const { times: _, after: __, ...always } = fault;
    const path = `${redirect.pathname}${redirect.search}`;
    this.add({ ...always, on: "storage", path, ...(fault.kind === "redirect-loop" ? {} : { times: 1 }) });
  }
}

/** Whether the fault spoils the bytes of an artifact, wherever they come from, rather than the API's answer. */
export function concernsBytes({ kind, ...rest }: FaultKind): boolean {
  if (kind === "reset") return "afterBytes" in rest;
  return [
    "truncated",
    "stalled",
    "over-long",
    "wrong-bytes",
    "denied",
    "storage-error",
    "redirect-loop",
  ].includes(kind);
}

export function bodyFaultOf(fault: Fault | undefined): BodyFault | undefined {
  switch (fault?.kind) {
    case "truncated":
    case "stalled":
    case "reset":
    case "silent":
    case "slow-headers":
    case "over-long":
    case "wrong-bytes":
      return fault;
    default:
      return undefined;
  }
}

/** What the fault answers in place of the server, if it does. */
export function answerOf(fault: FaultKind, request: HttpRequest, now: Date): Reply | undefined {
  switch (fault.kind) {
    case "bad-gateway":
      return html(502, "<h1>502 Bad Gateway</h1><p>Whoops, GitLab is taking too much time to respond.</p>");
    case "unavailable":
      return withRetryAfter(html(503, "<h1>503 Service Unavailable</h1>"), fault.retryAfter ?? 1);
    case "rate-limited":
      return tooManyRequests(fault.shape, fault.retryAfter ?? 1, now);
    case "denied":
      return xmlError(403, "AccessDenied", "Request has expired");
    case "storage-error":
      return xmlError(fault.status, fault.code, "The storage says no.");
    case "moved":
      return redirect(301, fault.location);
    case "redirect-loop":
      return redirect(302, request.target);
    case "sign-in":
      return redirect(302, "/users/sign_in");
    case "html":
      return html(200, "<h1>Under maintenance</h1>");
    case "not-found":
      return json({ message: fault.message }, 404);
    case "echo-headers":
      return json({ message: "500 Internal Server Error", headers: request.headers }, fault.status ?? 500);
    case "answer":
      return text(fault.status, fault.body ?? "", fault.headers);
    default:
      return undefined;
  }
}

/** The server's reply with the fault's changes. */
export function changedBy(fault: FaultKind, reply: Reply): Reply {
  if (fault.kind === "fields" && reply.body.kind === "json") {
    const { remove = [], setNull = [] } = fault;
    return { ...reply, body: { kind: "json", value: withoutFields(reply.body.value, remove, setNull) } };
  }
  if (fault.kind === "headers") return { ...reply, headers: { ...reply.headers, ...fault.set } };
  const { Location: location } = reply.headers;
  if (fault.kind === "insecure-redirect" && location !== undefined)
    return { ...reply, headers: { ...reply.headers, Location: location.replace(/^https:/, "http:") } };
  return reply;
}

function matches({ method, path }: FaultMatch, request: HttpRequest): boolean {
  if (method !== undefined && method !== request.method) return false;
  return typeof path === "string" ? request.target.includes(path) : path.test(request.target);
}

function redirect(status: number, location: string): Reply {
  return empty(status, { Location: location });
}

function withRetryAfter(reply: Reply, retryAfter: number | string): Reply {
  return { ...reply, headers: { ...reply.headers, "Retry-After": String(retryAfter) } };
}

function withoutFields(value: unknown, remove: readonly string[], setNull: readonly string[]): unknown {
  if (Array.isArray(value)) return value.map((item) => withoutFields(item, remove, setNull));
  if (typeof value !== "object" || value === null || value instanceof Date) return value;
  const kept = Object.entries(value).filter(([name]) => !remove.includes(name));
  return Object.fromEntries(
    kept.map(([name, item]) => [name, setNull.includes(name) ? null : withoutFields(item, remove, setNull)]),
  );
}
