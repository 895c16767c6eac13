import { withHint } from "../errors.js";
import { GitLabError } from "../gitlab/gitlab-error.js";
import type { Job } from "../gitlab/schema.js";
import type { LockedVariant } from "../lock/schema.js";
import { isOfJob } from "./as-locked.js";
import { provenanceOf } from "./provenance.js";
import type { Described, Resolved } from "./resolved.js";
import type { Search } from "./search.js";
import { unstableVersion, versionOfTag } from "./version.js";

/**
 * Asks for what the lock says of a job beyond what names its bytes.
 *
 * @throws GitLabError when GitLab is out of reach; what it does not tell is left out
 */
export async function describe(
  resolved: Resolved,
  job: Job,
  { search, previous }: { readonly search: Search; readonly previous: LockedVariant | undefined },
): Promise<Described> {
  const [version, provenance] = await Promise.all([
    versionOf(job, search, previous),
    provenanceOf(job, search, previous),
  ]);
  return { ...resolved, version, provenance };
}

async function versionOf(job: Job, search: Search, previous: LockedVariant | undefined): Promise<string> {
  const { variant, inquiry, warn } = search;
  const { ref: refName, project_id: projectId } = job.pipeline;
  if (job.tag) return versionOfTag(refName, "tagPrefix" in variant.ref ? variant.ref.tagPrefix : undefined);
  if (isOfJob(previous, { instance: variant.gitlab, projectId, job: job.id })) return previous.version;
  const tags = await inquiry
    .tags({ instance: variant.gitlab, project: projectId }, "")
    .catch((error: unknown) => {
      if (!(error instanceof GitLabError) || error.transient) throw error;
      warn(`The tags of ${variant.project} cannot be read, so versions begin with 0. ${withHint(error)}`);
      return [];
    });
  return unstableVersion(job.commit?.created_at ?? job.created_at, tags);
}
