/**
 * What "the latest artifact of a ref" means to GitLab: `Project#latest_successful_build_for_ref` and what it calls.
 * Decided by pipeline id, never by when a job finished, and without a look at the job's own status.
 */
import type { Job, Pipeline, Project } from "./model.js";
import { CI_SOURCES } from "./sources.js";

/** How many successful pipelines `search_recent_successful_pipelines` looks through. */
const RECENT_PIPELINES = 100;

export interface LatestQuestion {
  readonly ref: string;
  readonly jobName: string;
  /** Look through older successful pipelines too when the newest lacks the job. */
  readonly searchRecent: boolean;
  /** Whether a pipeline reads as successful at this moment. */
  readonly isSuccessful: (pipeline: Pipeline) => boolean;
}

/** The job whose artifact is the latest, or undefined. */
export function latestJob(project: Project, question: LatestQuestion): Job | undefined {
  const candidates = project.pipelines
    .filter(({ ref, source }) => ref === question.ref && CI_SOURCES.has(source))
    .filter(question.isSuccessful)
    .reverse()
    .slice(0, question.searchRecent ? RECENT_PIPELINES : 1);
  for (const pipeline of candidates) {
    const job = family(pipeline)
      .flatMap(({ jobs }) => jobs)
      .find(
        ({ name, retried, artifacts }) => name === question.jobName && !retried && artifacts !== undefined,
      );
    if (job !== undefined) return job;
  }
  return undefined;
}

/** A pipeline and its descendants within the project, parents before children. */
function family(pipeline: Pipeline): Pipeline[] {
  const children = pipeline.bridges
    .map(({ downstream }) => downstream)
    .filter(({ project }) => project === pipeline.project);
  return [pipeline, ...children.flatMap(family)];
}
