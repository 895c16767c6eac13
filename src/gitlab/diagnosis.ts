import type { GitLabErrorCode } from "./gitlab-error.js";

/** What a refusal means, and what the caller can do. */
export interface Diagnosis {
  readonly code: GitLabErrorCode;
  /** Finishes the sentence "… answered 404: ". */
  readonly meaning: string;
  readonly hint?: string | undefined;
  /** Where the status does not tell. */
  readonly transient?: boolean;
}
