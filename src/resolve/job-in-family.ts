import { UserError, withHint } from "../errors.js";
import { GitLabError } from "../gitlab/gitlab-error.js";
import type { Job, Pipeline } from "../gitlab/schema.js";
import { excerpt } from "../redact.js";
import { missingArchive } from "./availability.js";
import { listNames, nearestFirst } from "./near-names.js";
import type { Miss } from "./passed-over.js";
import type { Search } from "./search.js";

/** GitLab's own limit for the pipelines that one pipeline may trigger, directly and indirectly. */
const MAX_FAMILY = 1000;

/**
 * The job that GitLab serves for the variant's job name: the first with that name in the pipeline or its child pipelines of
 * the same project, parents first, that is not retried and has something to download. Its status does not count (GitLab
 * `Ci::Pipeline#build_with_artifacts_in_self_and_project_descendants`).
 */
export async function lookInFamily(pipeline: Pipeline, search: Search): Promise<Job | Miss> {
  const name = search.variant.jobName;
  const seen: Job[] = [];
  for await (const jobs of family(pipeline, search)) {
    const found = jobs.find((job) => job.name === name && isDownloadable(job));
    if (found !== undefined) return missingArchive(found, search.variant) ?? found;
    seen.push(...jobs);
  }
  const empty = seen.find((job) => job.name === name);
  const miss = empty === undefined ? undefined : missingArchive(empty, search.variant);
  return miss ?? noSuchJob(pipeline, seen, search);
}

/**
 * As `lookInFamily`.
 *
 * @throws UserError at the job when there is none
 */
export async function findInFamily(pipeline: Pipeline, search: Search): Promise<Job> {
  const found = await lookInFamily(pipeline, search);
  if ("error" in found) throw found.error;
  return found;
}

/** The jobs of each pipeline of the family, breadth first; children are asked for only when their parents are not enough. */
async function* family(root: Pipeline, search: Search): AsyncGenerator<readonly Job[]> {
  const address = { instance: search.variant.gitlab, project: root.project_id };
  const ids = [root.id];
  for (const id of ids) {
    yield await search.inquiry.jobs(address, id);
    const children = await search.inquiry.children(address, id).catch((error: unknown) => {
      if (!(error instanceof GitLabError) || error.transient) throw error;
      search.warn(`The child pipelines of pipeline ${id} cannot be read. ${withHint(error)}`);
      return [];
    });
    ids.push(...children.filter((child) => !ids.includes(child)).slice(0, MAX_FAMILY - ids.length));
  }
}

/**
 * Artifact types that make a job a candidate: `Ci::JobArtifact::DOWNLOADABLE_TYPES`. Logs and metadata are not among them.
 */
const DOWNLOADABLE: ReadonlySet<string> = new Set(
  `accessibility api_fuzzing archive cobertura jacoco codequality container_scanning dast dependency_scanning dotenv junit
   license_scanning lsif scip metrics performance browser_performance load_performance sast secret_detection requirements
   requirements_v2 cluster_image_scanning cyclonedx sarif`.split(/\s+/),
);

function isDownloadable(job: Job): boolean {
  return job.artifacts.some(({ file_type }) => DOWNLOADABLE.has(file_type));
}

function noSuchJob(pipeline: Pipeline, seen: readonly Job[], { variant }: Search): Miss {
  const name = variant.jobName ?? "";
  const names = nearestFirst(name, [...new Set(seen.map((job) => job.name))]);
  const known = names.length === 0 ? "it has no jobs" : `it has ${listNames(names)}`;
  return {
    why: `has no job "${excerpt(name)}"`,
    gone: false,
    error: new UserError(
      "RESOLVE_NO_JOB",
      `Pipeline ${pipeline.id} on "${excerpt(pipeline.ref)}" of ${variant.project} has no job "${name}"; ${known}.`,
      { at: variant.at.job, hint: "write the name as GitLab shows it" },
    ),
  };
}
