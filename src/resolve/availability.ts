import { UserError } from "../errors.js";
import type { Job } from "../gitlab/schema.js";
import type { DeclaredVariant } from "../manifest/declared.js";
import { excerpt } from "../redact.js";

/**
 * Fails unless the job lists an archive. An expired job may still list one and serve it, as long as GitLab keeps the latest
 * artifacts of a ref; whether it does only the download can tell.
 *
 * @throws UserError at the job
 */
export function requireArchive(job: Job, variant: DeclaredVariant): void {
  if (!job.artifacts.some(({ file_type }) => file_type === "archive")) throw noArtifacts(job, variant);
}

/** Why the job has nothing to download. */
export function noArtifacts(job: Job, variant: DeclaredVariant): UserError {
  const { code, what, hint } = diagnose(job, new Date());
  return new UserError(
    code,
    `Job ${job.id} "${excerpt(job.name)}" of pipeline ${job.pipeline.id} in ${variant.project} ${what}.`,
    { at: "job" in variant.ref ? variant.at.ref : variant.at.job, hint },
  );
}

interface Diagnosis {
  readonly code: string;
  /** Continues "Job 7 …". */
  readonly what: string;
  readonly hint: string;
}

function diagnose(job: Job, now: Date): Diagnosis {
  if (typeof job.erased_at === "string") {
    return {
      code: "RESOLVE_ARTIFACTS_ERASED",
      what: `was erased on ${job.erased_at}`,
      hint: "run the job again in GitLab, then lock again",
    };
  }
  const reports = job.artifacts.map(({ file_type }) => file_type).filter((type) => !INTERNAL.has(type));
  if (reports.length > 0) {
    return {
      code: "RESOLVE_NO_ARCHIVE",
      what: `has reports only (${excerpt(reports.join(", "))}), no archive`,
      hint: "add artifacts: paths: to the job in .gitlab-ci.yml",
    };
  }
  if (typeof job.artifacts_expire_at === "string" && new Date(job.artifacts_expire_at) <= now) {
    return {
      code: "RESOLVE_ARTIFACTS_EXPIRED",
      what: `has no artifacts any more: they expired on ${job.artifacts_expire_at}`,
      hint: "run the job again in GitLab; artifacts: expire_in: in .gitlab-ci.yml says how long they stay",
    };
  }
  return {
    code: "RESOLVE_NO_ARCHIVE",
    what: `has no artifacts; its status is "${excerpt(job.status)}"`,
    hint: "see that the job has artifacts: paths: in .gitlab-ci.yml and uploads them",
  };
}

/** Rows that GitLab keeps for itself. */
const INTERNAL: ReadonlySet<string> = new Set(["metadata", "trace"]);
