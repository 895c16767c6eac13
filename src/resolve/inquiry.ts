import { listTriggerJobs, listPipelineJobs, getJob } from "../gitlab/jobs.js";
import type { GitLab } from "../gitlab/gitlab.js";
import { getPipeline, listPipelines, type PipelineFilter } from "../gitlab/pipelines.js";
import { getProject, type ProjectAddress } from "../gitlab/projects.js";
import type { Job, Pipeline, Project, Tag } from "../gitlab/schema.js";
import { getBranch, getTag, listTags } from "../gitlab/tags.js";

/** The questions of one run. Each is asked once, however many variants have it; a failure is an answer, too. */
export interface Inquiry {
  /** Takes answers that came in another way, so that they need not be asked for. */
  readonly learn: (facts: Facts) => void;
  readonly project: (address: ProjectAddress) => Promise<Project>;
  /** The newest pipeline that counts as one of the ref; undefined when there is none. */
  readonly newestPipeline: (address: ProjectAddress, filter: PipelineFilter) => Promise<Pipeline | undefined>;
  /** The newest pipelines that count as some of the ref, newest first; no more than are searched. */
  readonly pipelines: (address: ProjectAddress, filter: PipelineFilter) => Promise<readonly Pipeline[]>;
  /** Refs that pipelines ran for lately. */
  readonly recentRefs: (address: ProjectAddress) => Promise<readonly string[]>;
  readonly pipeline: (address: ProjectAddress, id: number) => Promise<Pipeline>;
  /** Latest attempts only. */
  readonly jobs: (address: ProjectAddress, pipeline: number) => Promise<readonly Job[]>;
  /** Child pipelines in the same project, oldest first. */
  readonly children: (address: ProjectAddress, pipeline: number) => Promise<readonly number[]>;
  readonly job: (address: ProjectAddress, id: number) => Promise<Job>;
  /** The most recently updated tags that begin with `prefix`. */
  readonly tags: (address: ProjectAddress, prefix: string) => Promise<readonly Tag[]>;
  /** Whether GitLab protects the branch or tag. */
  readonly isProtected: (address: ProjectAddress, kind: "branch" | "tag", name: string) => Promise<boolean>;
}

/** What is known about the newest pipeline of a ref. */
export interface Facts {
  /** The project as it is named by who asks for the pipeline. */
  readonly address: ProjectAddress;
  readonly filter: PipelineFilter;
  readonly pipeline: Pipeline;
  /** Undefined when not all is known about them. */
  readonly jobs: readonly Job[] | undefined;
}

/** A project with more tags has old ones that cannot be the last before a commit of today. */
const MAX_TAGS = 2000;
/** How many pipelines of a ref are searched for a job: about a month of nightly ones. */
const MAX_SEARCHED = 30;
/** Enough to find the spelling that was meant. */
const MAX_RECENT_PIPELINES = 100;

export function createInquiry(gitlab: GitLab): Inquiry {
  const newest = once((address: ProjectAddress, filter: PipelineFilter) =>
    newestPipeline(gitlab, address, filter),
  );
  const jobs = once((address: ProjectAddress, pipeline: number) =>
    collect(listPipelineJobs(gitlab, address, pipeline)),
  );
  return {
    learn({ address, filter, pipeline, jobs: known }) {
      newest.know([address, filter], pipeline);
      const project = { ...address, project: pipeline.project_id };
      if (known !== undefined) jobs.know([project, pipeline.id], known);
    },
    newestPipeline: newest,
    jobs,
    project: once((address) => getProject(gitlab, address)),
    pipelines: once((address, filter) =>
      collect(countingPipelines(gitlab, address, { ...filter, perPage: 100 }), MAX_SEARCHED),
    ),
    recentRefs: once(async (address) => {
      const recent = listPipelines(gitlab, address, { perPage: MAX_RECENT_PIPELINES });
      const pipelines = await collect(recent, MAX_RECENT_PIPELINES);
      return [...new Set(pipelines.map(({ ref }) => ref))];
    }),
    pipeline: once((address, id) => getPipeline(gitlab, address, id)),
    children: once((address, pipeline) => childPipelines(gitlab, address, pipeline)),
    job: once((address, id) => getJob(gitlab, address, id)),
    tags: once((address, prefix) => collect(listTags(gitlab, address, prefix), MAX_TAGS)),
    isProtected: once(async (address, kind, name) => {
      const ref = await (kind === "tag" ? getTag : getBranch)(gitlab, address, name);
      return ref.protected === true;
    }),
  };
}

/**
 * Sources whose pipelines GitLab never takes for "the latest" of a ref: `Enums::Ci::Pipeline.dangling_sources`. The list of
 * pipelines may hold them.
 */
const DANGLING_SOURCES: ReadonlySet<string> = new Set([
  "webide",
  "parent_pipeline",
  "ondemand_dast_scan",
  "ondemand_dast_validation",
  "security_orchestration_policy",
  "container_registry_push",
  "duo_workflow",
  "pipeline_execution_policy_schedule",
]);

/** Whether a pipeline of this source counts for no ref. */
export function isDangling(source: string | null | undefined): boolean {
  return DANGLING_SOURCES.has((source ?? "").toLowerCase());
}

async function newestPipeline(
  gitlab: GitLab,
  address: ProjectAddress,
  filter: PipelineFilter,
): Promise<Pipeline | undefined> {
  const [newest] = await collect(countingPipelines(gitlab, address, { ...filter, perPage: 1 }), 1);
  return newest;
}

async function* countingPipelines(
  ...question: Parameters<typeof listPipelines>
): AsyncGenerator<Pipeline, void> {
  for await (const pipeline of listPipelines(...question)) {
    if (!isDangling(pipeline.source)) yield pipeline;
  }
}

async function childPipelines(
  gitlab: GitLab,
  address: ProjectAddress,
  pipeline: number,
): Promise<readonly number[]> {
  const ids: number[] = [];
  for await (const { downstream_pipeline: child } of listTriggerJobs(gitlab, address, pipeline)) {
    if (child?.project_id === address.project) ids.push(child.id);
  }
  return ids.sort((a, b) => a - b);
}

async function collect<T>(items: AsyncIterable<T>, limit = Number.POSITIVE_INFINITY): Promise<readonly T[]> {
  const collected: T[] = [];
  for await (const item of items) {
    collected.push(item);
    if (collected.length >= limit) break;
  }
  return collected;
}

interface Once<A extends readonly unknown[], T> {
  (...args: A): Promise<T>;
  /** The answer, unless the question was asked already. */
  know(args: A, answer: T): void;
}

/** `ask`, which asks only the first time that it gets certain arguments. They are plain data. */
function once<A extends readonly unknown[], T>(ask: (...args: A) => Promise<T>): Once<A, T> {
  const answers = new Map<string, Promise<T>>();
  const answerTo = (args: A, find: () => Promise<T>): Promise<T> => {
    const key = JSON.stringify(args);
    const answer = answers.get(key) ?? find();
    answers.set(key, answer);
    return answer;
  };
  return Object.assign((...args: A) => answerTo(args, () => ask(...args)), {
    know: (args: A, answer: T) => void answerTo(args, () => Promise.resolve(answer)),
  });
}
