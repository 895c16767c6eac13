import { GitLabError } from "./gitlab-error.js";
import type { GitLab } from "./gitlab.js";
import type { ProjectAddress } from "./projects.js";
import { Job, TriggerJob } from "./schema.js";

/** GET `/projects/:id/pipelines/:pipeline_id/jobs`: the latest attempt of each job, newest first. */
export function listPipelineJobs(
  gitlab: GitLab,
  { instance, project }: ProjectAddress,
  pipeline: number,
): AsyncIterable<Job> {
  return gitlab.pages(instance, ["projects", project, "pipelines", pipeline, "jobs"], Job);
}

/** GET `/projects/:id/jobs/:job_id`. */
export function getJob(gitlab: GitLab, { instance, project }: ProjectAddress, job: number): Promise<Job> {
  return gitlab.get(instance, ["projects", project, "jobs", job], Job);
}

/**
 * The jobs of a pipeline that trigger other pipelines: GET `/projects/:id/pipelines/:pipeline_id/bridges`, or `trigger_jobs`,
 * its name since GitLab 19.2, where the instance no longer knows the old one.
 */
export async function* listTriggerJobs(
  gitlab: GitLab,
  { instance, project }: ProjectAddress,
  pipeline: number,
): AsyncIterable<TriggerJob> {
  const path = ["projects", project, "pipelines", pipeline];
  try {
    yield* gitlab.pages(instance, [...path, "bridges"], TriggerJob);
  } catch (error) {
    if (!(error instanceof GitLabError) || error.code !== "GITLAB_UNKNOWN_ROUTE") throw error;
    yield* gitlab.pages(instance, [...path, "trigger_jobs"], TriggerJob);
  }
}
