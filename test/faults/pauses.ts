import type { FaultKind } from "../../src/simulator/http/faults.js";
import { answer, FUTURE, message, page } from "./answers.js";
import { type FaultRow, final, passing } from "./fault-row.js";

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
export const PAUSES: readonly FaultRow[] = [
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
