/** One thing that goes wrong with a request, with what a person must be told and whether the same request is worth another attempt. */
import type { GitLabErrorCode } from "../../src/gitlab/gitlab-error.js";
import type { OTHER_BYTES } from "../../src/hash/verified-body.js";
import type { FaultKind } from "../../src/simulator/http/faults.js";

/** Where answers may lead. */
export interface Elsewhere {
  /** An origin that takes no credential, and records those that it is sent. */
  readonly otherUrl: string;
  /** An origin with a certificate that nobody has signed; it redirects to plain http. */
  readonly secureUrl: string;
}

type OtherErrorCode =
  | typeof OTHER_BYTES
  | "SAME_JOB_OTHER_BYTES"
  | "HASH_OTHER_SIZE"
  | "RESOLVE_NO_JOB"
  | "CREDENTIALS_REFUSED"
  | "OAUTH_UNREACHABLE"
  | "OAUTH_UNAVAILABLE"
  | "OAUTH_UNEXPECTED_ANSWER";

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
  readonly codes: readonly (GitLabErrorCode | OtherErrorCode)[];
  readonly says: RegExp;
}

export const final = { passes: false } as const;
export const passing = { passes: true } as const;

/** Whether whoever meets it waits for a time-out. */
export function waits({ kind }: Pick<FaultRow, "kind">): boolean {
  return typeof kind === "object" && ["silent", "slow-headers", "stalled"].includes(kind.kind);
}
