import { UserError } from "../errors.js";
import { GitLabError } from "../gitlab/gitlab-error.js";
import { excerpt } from "../redact.js";
import { missingArchive } from "./availability.js";
import { declaredAddress, type Found, type Search } from "./search.js";

/** `{ job }`: this very job, even if it failed or was retried since. */
export async function findById({ job: id }: { job: number }, { variant, inquiry }: Search): Promise<Found> {
  const job = await inquiry.job(declaredAddress(variant), id).catch((error: unknown) => {
    if (!(error instanceof GitLabError) || error.code !== "GITLAB_NOT_FOUND") throw error;
    throw new UserError("RESOLVE_NO_JOB", `The project ${variant.project} has no job with the id ${id}.`, {
      at: variant.at.ref,
      hint: "take the number after /-/jobs/ in the job's web address",
      cause: error,
    });
  });
  if (variant.jobName !== undefined && variant.jobName !== job.name) {
    throw new UserError(
      "RESOLVE_JOB_NAME_DIFFERS",
      `Job ${id} is named "${excerpt(job.name)}", not "${variant.jobName}".`,
      { at: variant.at.job, hint: `write job: ${JSON.stringify(excerpt(job.name))}, or leave the name out` },
    );
  }
  const miss = missingArchive(job, variant);
  if (miss !== undefined) throw miss.error;
  return { job, passedOver: [] };
}
