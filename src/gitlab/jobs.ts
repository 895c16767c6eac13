import { GitLabError } from "./gitlab-error.js";
import type { GitLab } from "./gitlab.js";
import type { ProjectAddress } from "./projects.js";
import { Job, TriggerJob } from "./schema.js";
import type { GitLabWriter } from "./writer.js";

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
 * POST `/projects/:id/jobs/:job_id/artifacts/keep`: the artifacts do not expire any more. GitLab answers 404 when they have
 * expired, also while it still serves them. Keeping twice is as keeping once.
 */
export function keepArtifacts(
  writer: GitLabWriter,
  { instance, project }: ProjectAddress,
  job: number,
): Promise<Job> {
  const path = ["projects", project, "jobs", job, "artifacts", "keep"];
  return writer.send(instance, { method: "POST", path, answer: Job, repeatable: true });
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
