import type { Job } from "../gitlab/schema.js";
import { findInFamily } from "./job-in-family.js";
import { latestPipeline } from "./latest-pipeline.js";
import type { Search } from "./search.js";

/** `{ branch }`: the job of the newest successful pipeline on the branch. */
export async function findOnBranch({ branch }: { branch: string }, search: Search): Promise<Job> {
  const job = await findInFamily(await latestPipeline(branch, search), search);
  if (job.tag) {
    search.warn(
      `"${branch}" is also a tag, and its pipeline ${job.pipeline.id} is newer than those of the branch.`,
    );
  }
  return job;
}
