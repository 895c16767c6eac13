import { leadsOn } from "./as-of-change.js";
import type { FaultRow } from "./fault-row.js";

const OUT_OF_REACH = new Set(["GITLAB_TIMEOUT", "GITLAB_UNREACHABLE", "GITLAB_TRUNCATED"]);
const LATER = new Set(["GITLAB_RATE_LIMITED", "GITLAB_UNAVAILABLE"]);
/** Pauses that name a time to come back. */
const FINAL = new Set(["429 that asks for an hour", "429 until a time by a clock that is years ahead"]);

/** OAuth has answers of its own, and no redirects. */
export function asOfLogin(row: FaultRow): FaultRow {
  const is = (codes: ReadonlySet<string>) => row.codes.some((code) => codes.has(code));
  if (leadsOn(row)) return unexpected(row, /answered the login with: status 30[12]\./);
  if (is(OUT_OF_REACH)) return { ...row, codes: ["OAUTH_UNREACHABLE"], says: /is out of reach: [A-Z_]+\./ };
  if (!is(LATER) || row.name.startsWith("409")) return unexpected(row, /answered the login with: \w+/);
  const passes = !FINAL.has(row.name);
  return {
    ...row,
    passes,
    codes: ["OAUTH_UNAVAILABLE"],
    says: /answered the login with: status (429|5\d\d)\./,
  };
}

function unexpected(row: FaultRow, says: RegExp): FaultRow {
  return { ...row, passes: false, codes: ["OAUTH_UNEXPECTED_ANSWER"], says };
}
