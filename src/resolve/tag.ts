import type { Job } from "../gitlab/schema.js";
import { findInFamily } from "./job-in-family.js";
import { latestPipeline } from "./latest-pipeline.js";
import type { Search } from "./search.js";

/** `{ tag }`: the job of the newest successful pipeline that ran for the tag itself. */
export async function findOnTag({ tag }: { tag: string }, search: Search): Promise<Job> {
  const job = await findInFamily(await latestPipeline(tag, search), search);
  if (!job.tag) {
    search.warn(
      `"${tag}" is also a branch, and its pipeline ${job.pipeline.id} is newer than those of the tag.`,
    );
  }
  return job;
}
