import { UserError } from "../errors.js";
import type { Job } from "../gitlab/schema.js";
import type { DeclaredVariant } from "../manifest/declared.js";
import { excerpt } from "../redact.js";
import type { Miss } from "./passed-over.js";
import type { Resolved } from "./resolved.js";

/**
 * Why the job has nothing to download; undefined when it lists an archive. An expired job may still list one and serve it, as
 * long as GitLab keeps the latest artifacts of a ref; whether it does only the download can tell.
 */
export function missingArchive(job: Job, variant: DeclaredVariant): Miss | undefined {
  const listed = job.artifacts.some(({ file_type }) => file_type === "archive");
  return listed ? undefined : missOf(job, variant, diagnose(job, new Date()));
}

/** For a job that GitLab does not keep past its expiry: why its artifacts cannot be relied on, although they are listed. */
export function pastExpiry(job: Job, variant: DeclaredVariant): Miss | undefined {
  const at = job.artifacts_expire_at;
  if (typeof at !== "string" || new Date(at) > new Date()) return undefined;
  return missOf(job, variant, expired(at));
}

function missOf(job: Job, variant: DeclaredVariant, { code, what, hint }: Diagnosis): Miss {
  const name = `job ${job.id} "${excerpt(job.name)}"`;
  return {
    why: `has the ${name}, which ${what}`,
    gone: code !== "RESOLVE_NO_ARCHIVE",
    error: new UserError(
      code,
      `${capitalized(name)} of pipeline ${job.pipeline.id} in ${variant.project} ${what}.`,
      { at: "job" in variant.ref ? variant.at.ref : variant.at.job, hint },
    ),
  };
}

/** Why GitLab, asked for the bytes of a job that listed them, has none; undefined when they should still be there. */
export function expiredSince(resolved: Resolved): UserError | undefined {
  const { job, jobName, pipeline, projectPath, expiresAt, at } = resolved;
  if (expiresAt === null || new Date(expiresAt) > new Date()) return undefined;
  const { code, what, hint } = expired(expiresAt);
  const name = `Job ${job} "${excerpt(jobName)}" of pipeline ${pipeline} in ${projectPath}`;
  return new UserError(code, `${name} ${what}.`, { at: "job" in resolved.ref ? at.ref : at.job, hint });
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
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
    return expired(job.artifacts_expire_at);
  }
  return {
    code: "RESOLVE_NO_ARCHIVE",
    what: `has no artifacts; its status is "${excerpt(job.status)}"`,
    hint: "see that the job has artifacts: paths: in .gitlab-ci.yml and uploads them",
  };
}

function expired(at: string): Diagnosis {
  return {
    code: "RESOLVE_ARTIFACTS_EXPIRED",
    what: `has no artifacts any more: they expired on ${at}`,
    hint: "run the job again in GitLab; artifacts: expire_in: in .gitlab-ci.yml says how long they stay",
  };
}

/** Rows that GitLab keeps for itself. */
const INTERNAL: ReadonlySet<string> = new Set(["metadata", "trace"]);
