import { GitLabError } from "../gitlab/gitlab-error.js";
import type { Job } from "../gitlab/schema.js";
import type { LockedVariant } from "../lock/schema.js";
import { excerpt } from "../redact.js";
import { isOfJob, lockedProvenance } from "./as-locked.js";
import type { Described } from "./resolved.js";
import type { Search } from "./search.js";

/** What GitLab says about the commit and the ref of a job; of the locked job, what it said then. */
export async function provenanceOf(
  job: Job,
  search: Search,
  previous: LockedVariant | undefined,
): Promise<Described["provenance"]> {
  const address = { instance: search.variant.gitlab, projectId: job.pipeline.project_id, job: job.id };
  const known = isOfJob(previous, address) ? lockedProvenance(previous) : undefined;
  if (known !== undefined) return known;
  const title = excerpt(job.commit?.title ?? "");
  const authoredAt = job.commit?.authored_date;
  const refProtected = await isProtected(job, search);
  return {
    ...(title === "" ? {} : { commitTitle: title }),
    ...(authoredAt === undefined || authoredAt === null ? {} : { authoredAt }),
    ...(refProtected === undefined ? {} : { refProtected }),
  };
}

/** Undefined where GitLab does not tell, as of a branch that is gone, to a job token, or of a merge request, which has no protection. */
async function isProtected(
  { tag, pipeline }: Job,
  { variant, inquiry }: Search,
): Promise<boolean | undefined> {
  const { ref, project_id: project } = pipeline;
  if (ref.startsWith("refs/")) return undefined;
  const address = { instance: variant.gitlab, project };
  return inquiry.isProtected(address, tag ? "tag" : "branch", ref).catch((error: unknown) => {
    if (!(error instanceof GitLabError) || error.transient) throw error;
    return undefined;
  });
}
