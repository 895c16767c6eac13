import { UserError, type UserErrorDetails } from "../errors.js";

/** What went wrong between us and GitLab. Stable: other parts and scripts tell the cases apart by it. */
export type GitLabErrorCode =
  // Who asks
  | "GITLAB_UNAUTHORIZED"
  | "GITLAB_TOKEN_EXPIRED"
  | "GITLAB_TOKEN_REVOKED"
  | "GITLAB_INSUFFICIENT_SCOPE"
  | "GITLAB_FORBIDDEN"
  | "GITLAB_SIGN_IN"
  // What is asked for
  | "GITLAB_PROJECT_NOT_FOUND"
  | "GITLAB_NOT_FOUND"
  | "GITLAB_JOB_NOT_FOUND"
  | "GITLAB_ARTIFACTS_NOT_FOUND"
  | "GITLAB_FILE_NOT_FOUND"
  | "GITLAB_UNKNOWN_ROUTE"
  | "GITLAB_BAD_REQUEST"
  // How it is answered
  | "GITLAB_RATE_LIMITED"
  | "GITLAB_UNAVAILABLE"
  | "GITLAB_UNEXPECTED_ANSWER"
  | "GITLAB_STORAGE_REFUSED"
  | "GITLAB_BAD_REDIRECT"
  | "GITLAB_TRUNCATED"
  // Whether it is answered at all
  | "GITLAB_UNREACHABLE"
  | "GITLAB_TIMEOUT"
  | "GITLAB_TLS";

export interface GitLabErrorDetails extends UserErrorDetails {
  /** HTTP status; absent when there was no answer. */
  readonly status?: number | undefined;
  /** The same request may succeed later. */
  readonly transient?: boolean;
  /** How long the server asks to wait before that, in milliseconds. */
  readonly waitMs?: number | undefined;
}

/** GitLab, its storage or the way to them failed. The message says whether a token was sent and where it came from. */
export class GitLabError extends UserError {
  declare readonly code: GitLabErrorCode;
  readonly status: number | undefined;
  readonly transient: boolean;
  readonly waitMs: number | undefined;

  constructor(code: GitLabErrorCode, message: string, details: GitLabErrorDetails = {}) {
    super(code, message, details);
    this.status = details.status;
    this.transient = details.transient ?? false;
    this.waitMs = details.waitMs;
  }
}
