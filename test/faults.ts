/**
 * Everything that GitLab, its storage and the network do to a request, each with what a person must be told and whether the
 * same request is worth another attempt. Tests put it to the commands.
 */
import type { GitLabErrorCode } from "../src/gitlab/gitlab-error.js";
import type { OTHER_BYTES } from "../src/hash/verified-body.js";
import type { FaultKind } from "../src/simulator/http/faults.js";

/** Where answers may lead. */
export interface Elsewhere {
  /** An origin that takes no credential, and records those that it is sent. */
  readonly otherUrl: string;
  /** An origin with a certificate that nobody has signed; it redirects to plain http. */
  readonly secureUrl: string;
}

export interface FaultRow {
  readonly name: string;
  /** `request`: any at all. `json`: only where JSON is read. `bytes`: only where an artifact is downloaded, at the storage. */
  readonly spoils: "request" | "json" | "bytes";
  readonly kind: FaultKind | ((elsewhere: Elsewhere) => FaultKind);
  /** Certificates that nobody has signed are taken. */
  readonly trusting?: boolean;
  /** The same request may succeed later. A reader asks again; a writer only where a second request does no harm. */
  readonly passes: boolean;
  /** Several where it depends on what was asked for. */
  readonly codes: readonly (GitLabErrorCode | typeof OTHER_BYTES | "HASH_OTHER_SIZE")[];
  readonly says: RegExp;
}

function answer(status: number, body: unknown, headers: Record<string, string> = {}): FaultKind {
  return {
    kind: "answer",
    status,
    body: typeof body === "string" ? body : JSON.stringify(body),
    headers: { "Content-Type": typeof body === "string" ? "text/plain" : "application/json", ...headers },
  };
}

const message = (status: number, text: string, headers?: Record<string, string>) =>
  answer(status, { message: `${status} ${text}` }, headers);

const oauth = (description: string) =>
  answer(401, { error: "invalid_token", error_description: description });

const page = (status: number, text = "Whoops", headers: Record<string, string> = {}) =>
  answer(status, `<!DOCTYPE html>\n<html><body><h1>${text}</h1></body></html>`, {
    "Content-Type": "text/html; charset=utf-8",
    ...headers,
  });

const final = { passes: false } as const;
const passing = { passes: true } as const;

/** GitLab's refusals, `lib/api/helpers.rb` and `lib/api/api_guard.rb`. */
const REFUSALS: readonly FaultRow[] = [
  {
    name: "401 for an unknown token",
    spoils: "request",
    kind: message(401, "Unauthorized"),
    ...final,
    codes: ["GITLAB_UNAUTHORIZED"],
    says: /GitLab does not know the token/,
  },
  {
    name: "401 for an expired token",
    spoils: "request",
    kind: oauth("Token is expired. You can either do re-authorization or token refresh."),
    ...final,
    codes: ["GITLAB_TOKEN_EXPIRED"],
    says: /the token has expired/,
  },
  {
    name: "401 for a revoked token",
    spoils: "request",
    kind: oauth("Token was revoked. You have to re-authorize from the user."),
    ...final,
    codes: ["GITLAB_TOKEN_REVOKED"],
    says: /the token was revoked/,
  },
  {
    name: "403",
    spoils: "request",
    kind: message(403, "Forbidden"),
    ...final,
    codes: ["GITLAB_FORBIDDEN"],
    says: /GitLab does not allow it to this caller/,
  },
  {
    name: "403 for a scope that is missing",
    spoils: "request",
    kind: answer(403, {
      error: "insufficient_scope",
      error_description: "The request requires higher privileges than provided by the access token.",
      scope: "api read_api",
    }),
    ...final,
    codes: ["GITLAB_INSUFFICIENT_SCOPE"],
    says: /the token lacks a scope/,
  },
  {
    name: "403 of a firewall, as a page",
    spoils: "request",
    kind: page(403, "Request blocked"),
    ...final,
    codes: ["GITLAB_UNEXPECTED_ANSWER"],
    says: /answered 403: a page, which is no answer of GitLab's API/,
  },
  {
    name: "403 for a job whose project was not let in",
    spoils: "request",
    kind: message(403, "Forbidden - Authentication by CI/CD job token not allowed from g/here to g/there"),
    ...final,
    codes: ["GITLAB_FORBIDDEN"],
    says: /not allowed from g\/here to g\/there": GitLab does not allow it to this caller/,
  },
  {
    name: "404 for a project that is none, or hidden",
    spoils: "request",
    kind: message(404, "Project Not Found"),
    ...final,
    codes: ["GITLAB_PROJECT_NOT_FOUND"],
    says: /there is no such project, or this caller may not see it/,
  },
  {
    name: "404 for a record",
    spoils: "request",
    kind: message(404, "Not found"),
    ...final,
    codes: ["GITLAB_NOT_FOUND"],
    says: /there is no such record/,
  },
  {
    name: "404 for a job",
    spoils: "request",
    kind: message(404, "Job Not Found"),
    ...final,
    codes: ["GITLAB_JOB_NOT_FOUND"],
    says: /there is no such job/,
  },
  {
    name: "404 for artifacts that are gone",
    spoils: "request",
    kind: message(404, "Not Found"),
    ...final,
    codes: ["GITLAB_ARTIFACTS_NOT_FOUND"],
    says: /the job has no artifacts, or they have expired or were erased/,
  },
  {
    name: "404 for a route of a newer GitLab",
    spoils: "request",
    kind: answer(404, { error: "404 Not Found" }),
    ...final,
    codes: ["GITLAB_UNKNOWN_ROUTE"],
    says: /this GitLab does not know the API route/,
  },
  {
    name: "404 of a program in Go: Workhorse without the file, or a proxy without the route",
    spoils: "request",
    kind: answer(404, "404 page not found\n"),
    ...final,
    codes: ["GITLAB_UNEXPECTED_ANSWER", "GITLAB_ARTIFACTS_NOT_FOUND"],
    says: /answered 404 "404 page not found": (not an answer of GitLab's API|the archive is not where)/,
  },
  {
    name: "404 of something that is no GitLab",
    spoils: "request",
    kind: page(404, "Not here"),
    ...final,
    codes: ["GITLAB_UNEXPECTED_ANSWER"],
    says: /not an answer of GitLab's API/,
  },
  {
    name: "409 for a lock that somebody holds",
    spoils: "request",
    kind: message(409, "Conflict: Resource lock"),
    ...passing,
    codes: ["GITLAB_UNAVAILABLE"],
    says: /answered 409 "409 Conflict: Resource lock"/,
  },
  {
    name: "409 for good",
    spoils: "request",
    kind: message(409, "Conflict"),
    ...final,
    codes: ["GITLAB_BAD_REQUEST"],
    says: /answered 409/,
  },
];

const FUTURE = "Thu, 01 Jan 2037 00:00:00 GMT";

/** GitLab's own shape always says how long to wait, and the two others as a rule do not. */
const OTHER_LIMITS: readonly [string, FaultKind][] = [
  ["rack says it, without Retry-After", answer(429, "Retry later\n")],
  [
    "application says it, with Retry-After",
    answer(
      429,
      { message: { error: "This endpoint has been requested too many times." } },
      { "Retry-After": "0" },
    ),
  ],
  ["edge says it, with Retry-After", page(429, "Too Many Requests", { "Retry-After": "0" })],
];

/** Too much, too often, or not now: documentation "Rate limits", "GitLab Maintenance Mode". */
const PAUSES: readonly FaultRow[] = [
  ...(["rack", "application", "edge"] as const).map((shape): FaultRow => ({
    name: `429 as ${shape} says it`,
    spoils: "request",
    kind: { kind: "rate-limited", shape, retryAfter: 0 },
    ...passing,
    codes: ["GITLAB_RATE_LIMITED"],
    says: /answered 429[^]*too many requests in a short time/,
  })),
  ...OTHER_LIMITS.map(([shape, kind]): FaultRow => ({
    name: `429 as ${shape}`,
    spoils: "request",
    kind,
    ...passing,
    codes: ["GITLAB_RATE_LIMITED"],
    says: /answered 429[^]*too many requests in a short time/,
  })),
  {
    name: "429 until a time by a clock that is years ahead",
    spoils: "request",
    kind: answer(429, "Retry later\n", { Date: FUTURE, "Retry-After": FUTURE }),
    ...passing,
    codes: ["GITLAB_RATE_LIMITED"],
    says: /answered 429/,
  },
  {
    name: "429 that asks for an hour",
    spoils: "request",
    kind: answer(429, "Retry later\n", { "Retry-After": "3600" }),
    ...final,
    codes: ["GITLAB_RATE_LIMITED"],
    says: /GitLab asks to wait 60 min/,
  },
  {
    name: "500",
    spoils: "request",
    kind: message(500, "Internal Server Error"),
    ...passing,
    codes: ["GITLAB_UNAVAILABLE"],
    says: /answered 500[^]*the server failed/,
  },
  {
    name: "500 with the request's headers in it",
    spoils: "request",
    kind: { kind: "echo-headers" },
    ...passing,
    codes: ["GITLAB_UNAVAILABLE"],
    says: /answered 500/,
  },
  ...[500, 502, 503, 504].map((status): FaultRow => ({
    name: `${status} as a page`,
    spoils: "request",
    kind: page(status),
    ...passing,
    codes: ["GITLAB_UNAVAILABLE"],
    says: new RegExp(`answered ${status}: the server failed`),
  })),
  {
    name: "503 with Retry-After",
    spoils: "request",
    kind: page(503, "Busy", { "Retry-After": "0" }),
    ...passing,
    codes: ["GITLAB_UNAVAILABLE"],
    says: /answered 503/,
  },
  {
    name: "maintenance mode",
    spoils: "request",
    kind: answer(503, { message: "GitLab Maintenance: system is in maintenance mode" }),
    ...passing,
    codes: ["GITLAB_UNAVAILABLE"],
    says: /GitLab Maintenance: system is in maintenance mode/,
  },
];

/** Connections that fail or lead astray. */
const CONNECTIONS: readonly FaultRow[] = [
  {
    name: "no answer at all",
    spoils: "request",
    kind: { kind: "silent" },
    ...passing,
    codes: ["GITLAB_TIMEOUT"],
    says: /gave no answer: the server did not answer in time/,
  },
  {
    name: "headers that come one by one",
    spoils: "request",
    kind: { kind: "slow-headers" },
    ...passing,
    codes: ["GITLAB_TIMEOUT"],
    says: /gave no answer: the server did not answer in time/,
  },
  {
    name: "a connection that is reset before an answer",
    spoils: "request",
    kind: { kind: "reset" },
    ...passing,
    codes: ["GITLAB_UNREACHABLE"],
    says: /gave no answer: the connection was (closed|reset)/,
  },
  {
    name: "a redirect in a circle",
    spoils: "request",
    kind: { kind: "redirect-loop" },
    ...final,
    codes: ["GITLAB_BAD_REDIRECT"],
    says: /redirects again and again/,
  },
  {
    name: "a redirect to no address",
    spoils: "request",
    kind: { kind: "moved", location: "ftp://files.example.com/" },
    ...final,
    codes: ["GITLAB_BAD_REDIRECT"],
    says: /redirects to nowhere/,
  },
  {
    name: "a redirect to another origin",
    spoils: "request",
    kind: ({ otherUrl }) => ({ kind: "moved", location: `${otherUrl}/api/v4/projects/1` }),
    ...final,
    codes: ["GITLAB_STORAGE_REFUSED"],
    says: /No token was sent there; the token from \w+ was sent to http:\S+ only/,
  },
  {
    name: "a redirect from https to plain http",
    spoils: "request",
    kind: ({ secureUrl }) => ({ kind: "moved", location: secureUrl }),
    trusting: true,
    ...final,
    codes: ["GITLAB_BAD_REDIRECT"],
    says: /redirects from https to plain http at \S+, which is not followed/,
  },
  {
    name: "a certificate that nobody has signed",
    spoils: "request",
    kind: ({ secureUrl }) => ({ kind: "moved", location: secureUrl }),
    ...final,
    codes: ["GITLAB_TLS"],
    says: /the TLS connection could not be trusted or made \(DEPTH_ZERO_SELF_SIGNED_CERT\)[^]*NODE_EXTRA_CA_CERTS/,
  },
  {
    name: "something else where TLS should be",
    spoils: "request",
    kind: ({ otherUrl }) => ({ kind: "moved", location: otherUrl.replace("http:", "https:") }),
    ...final,
    codes: ["GITLAB_TLS"],
    says: /the TLS connection could not be trusted or made/,
  },
  {
    name: "a host name that nobody knows",
    spoils: "request",
    // Longer than a label may be (RFC 1035 §2.3.4), so no name server is asked.
    kind: { kind: "moved", location: `http://${"x".repeat(64)}.invalid/` },
    ...final,
    codes: ["GITLAB_UNREACHABLE"],
    says: /gave no answer: the host name is not known/,
  },
  {
    name: "the sign-in page",
    spoils: "request",
    kind: { kind: "sign-in" },
    ...final,
    codes: ["GITLAB_SIGN_IN"],
    says: /answered with the sign-in page/,
  },
];

/** Answers of the right status whose JSON is none, or another. */
const SHAPES: readonly FaultRow[] = [
  {
    name: "a page in place of JSON",
    spoils: "json",
    kind: { kind: "html" },
    ...final,
    codes: ["GITLAB_UNEXPECTED_ANSWER"],
    says: /answered 200 with no JSON \(text\/html\)/,
  },
  {
    name: "JSON without fields",
    spoils: "json",
    kind: { kind: "fields", remove: ["id", "username"] },
    ...final,
    codes: ["GITLAB_UNEXPECTED_ANSWER"],
    says: /answered 200 with an unexpected shape/,
  },
  {
    name: "JSON with null in place of values",
    spoils: "json",
    kind: { kind: "fields", setNull: ["id", "username"] },
    ...final,
    codes: ["GITLAB_UNEXPECTED_ANSWER"],
    says: /answered 200 with an unexpected shape/,
  },
  {
    name: "JSON of another type",
    spoils: "json",
    kind: answer(200, ["not", { what: "was asked for" }]),
    ...final,
    codes: ["GITLAB_UNEXPECTED_ANSWER"],
    says: /answered 200 with an unexpected shape/,
  },
  {
    name: "JSON that is cut off",
    spoils: "json",
    kind: answer(200, '[{"id": 1, ', { "Content-Type": "application/json" }),
    ...final,
    codes: ["GITLAB_UNEXPECTED_ANSWER"],
    says: /answered 200 with no JSON \(application\/json\)/,
  },
  {
    name: "JSON that is longer than declared",
    spoils: "json",
    kind: { kind: "over-long" },
    ...final,
    codes: ["GITLAB_UNEXPECTED_ANSWER"],
    says: /answered 200 with no JSON/,
  },
  ...(["truncated", "reset", "stalled"] as const).map((kind): FaultRow => ({
    name: `JSON that is ${kind}`,
    spoils: "json",
    kind: { kind, afterBytes: 1 },
    ...passing,
    codes: [kind === "stalled" ? "GITLAB_TIMEOUT" : "GITLAB_TRUNCATED"],
    says: /sent 1 of \d+ bytes, then /,
  })),
];

/** Nothing in it is above 0x7f, so that it is its own UTF-8. */
const HOSTILE_ZIP = "PK\u0003\u0004\u0014" + "\0".repeat(21) + "\u000b\0\0\0../../outer";

/** What happens to the bytes of an artifact, wherever they come from. */
const BODIES: readonly FaultRow[] = [
  ...(["truncated", "reset", "stalled"] as const).map((kind): FaultRow => ({
    name: `a body that is ${kind}`,
    spoils: "bytes",
    kind: { kind, afterBytes: 100 },
    ...passing,
    codes: [kind === "stalled" ? "GITLAB_TIMEOUT" : "GITLAB_TRUNCATED"],
    says: /sent \d+ of \d+ bytes, then /,
  })),
  {
    name: "a signature that has expired",
    spoils: "bytes",
    kind: { kind: "denied" },
    ...passing,
    codes: ["GITLAB_STORAGE_REFUSED"],
    says: /answered 403 "AccessDenied: Request has expired"/,
  },
  {
    name: "an object that the storage does not have",
    spoils: "bytes",
    kind: { kind: "storage-error", status: 404, code: "NoSuchKey" },
    ...final,
    codes: ["GITLAB_STORAGE_REFUSED"],
    says: /answered 404 "NoSuchKey: The storage says no."/,
  },
  {
    name: "a storage that is asked too often",
    spoils: "bytes",
    kind: { kind: "storage-error", status: 503, code: "SlowDown" },
    ...passing,
    codes: ["GITLAB_UNAVAILABLE"],
    says: /answered 503 "SlowDown: The storage says no."/,
  },
  {
    name: "a storage that fails",
    spoils: "bytes",
    kind: { kind: "storage-error", status: 500, code: "InternalError" },
    ...passing,
    codes: ["GITLAB_UNAVAILABLE"],
    says: /answered 500 "InternalError: The storage says no."/,
  },
  {
    name: "an error of the storage with status 200",
    spoils: "bytes",
    kind: { kind: "storage-error", status: 200, code: "InternalError" },
    ...final,
    codes: ["GITLAB_UNEXPECTED_ANSWER"],
    says: /with an XML document in place of the archive/,
  },
  {
    name: "an archive that is damaged on the way",
    spoils: "bytes",
    kind: { kind: "wrong-bytes" },
    ...final,
    codes: ["OTHER_BYTES"],
    says: /same job id, other bytes|serves other bytes/,
  },
  {
    name: "another archive, whose entries lead out of it",
    spoils: "bytes",
    kind: answer(200, HOSTILE_ZIP, { "Content-Type": "application/zip" }),
    ...final,
    codes: ["OTHER_BYTES", "HASH_OTHER_SIZE"],
    says: /same job id, other bytes|serves other bytes|bytes in GitLab's records/,
  },
  {
    name: "a body that is longer than declared",
    spoils: "bytes",
    kind: { kind: "over-long" },
    ...final,
    codes: ["OTHER_BYTES", "HASH_OTHER_SIZE"],
    says: /same job id, other bytes|serves other bytes|bytes in GitLab's records/,
  },
  {
    name: "a page in place of the bytes",
    spoils: "bytes",
    kind: { kind: "html" },
    ...final,
    codes: ["GITLAB_SIGN_IN"],
    says: /answered with the sign-in page/,
  },
];

export const FAULTS: readonly FaultRow[] = [...REFUSALS, ...PAUSES, ...CONNECTIONS, ...SHAPES, ...BODIES];

/** Answers that are odd and do no harm: the run goes on as if they were not. */
export const ODDITIES: readonly Pick<FaultRow, "name" | "spoils" | "kind">[] = [
  {
    name: "a 301 to another path of the instance, as of a project that moved",
    spoils: "request",
    kind: { kind: "moved", location: "?moved" },
  },
  {
    name: "a link to a next page at another origin",
    spoils: "json",
    kind: ({ otherUrl }) => ({
      kind: "headers",
      set: { Link: `<${otherUrl}/api/v4/projects?page=2&per_page=100>; rel="next"` },
    }),
  },
  {
    name: "a clock that is years ahead",
    spoils: "request",
    kind: { kind: "headers", set: { Date: FUTURE } },
  },
  {
    name: "a clock that is years behind",
    spoils: "request",
    kind: { kind: "headers", set: { Date: "Sat, 01 Jan 2000 00:00:00 GMT" } },
  },
];
