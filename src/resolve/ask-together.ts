import type { Ref } from "../artifact.js";
import { GitLabError } from "../gitlab/gitlab-error.js";
import type { GitLab } from "../gitlab/gitlab.js";
import {
  isProjectId,
  MAX_PROJECTS,
  type NewestJobs,
  newestJobs,
  type NewestQuestion,
} from "../gitlab/newest-jobs.js";
import type { RefFilter } from "../gitlab/pipelines.js";
import type { Job } from "../gitlab/schema.js";
import type { DeclaredVariant } from "../manifest/declared.js";
import { type Inquiry, isDangling } from "./inquiry.js";
import { refsOfMergeRequest } from "./merge-request.js";
import { filterOf } from "./newest-job.js";

/** Fewer projects than this are asked one by one as quickly. */
const MIN_PROJECTS = 3;
/** A batch that GitLab finds too complex is halved, but not below this. */
const MIN_BATCH = 5;

/** Waits until what many projects are asked about at once is known of the variant, or known not to come. */
export type Together = (variant: DeclaredVariant) => Promise<void>;

/**
 * Asks many projects with one request for the newest jobs on a ref, and lets `inquiry` learn them. This is a short cut to the
 * same answers: what is not told beyond doubt (no pipeline, a moved project, more than a hundred jobs, artifacts that are
 * gone) is not learnt, and so is asked of the project itself; so is everything where GraphQL is shut off, forbidden to the
 * token or too expensive.
 */
export function askTogether(
  variants: readonly DeclaredVariant[],
  inquiry: Inquiry,
  gitlab: GitLab,
): Together {
  const closed = new Set<string>();
  const wanted = jobNamesOf(variants);
  const ask = async (question: Question): Promise<void> => {
    const { instance, projects } = question;
    if (closed.has(instance)) return;
    try {
      for (const found of await newestJobs(gitlab, instance, question)) {
        learn(found, question, { wanted, inquiry });
      }
    } catch (error) {
      if (!(error instanceof GitLabError)) throw error;
      if (error.code !== "GITLAB_BAD_REQUEST" || projects.length < 2 * MIN_BATCH) closed.add(instance);
      else await Promise.all(split(projects, 2).map((half) => ask({ ...question, projects: half })));
    }
  };
  const answers = new Map<string, Promise<void>>();
  for (const question of questionsOf(variants)) {
    const answer = ask(question);
    answer.catch(() => {}); // whoever waits for it is told
    for (const project of question.projects) answers.set(keyOf(question, project), answer);
  }
  return async (variant) => {
    const own = filtersOf(variant.ref).map((filter) =>
      answers.get(keyOf({ instance: variant.gitlab, filter }, variant.project)),
    );
    await Promise.all(own);
  };
}

/** What one request asks: projects of one instance, all by path or all by id. */
interface Question extends NewestQuestion {
  readonly instance: string;
}

function questionsOf(variants: readonly DeclaredVariant[]): Question[] {
  const groups = new Map<
    string,
    { readonly about: Omit<Question, "projects">; readonly projects: Set<string> }
  >();
  for (const { gitlab: instance, project, ref } of variants) {
    for (const filter of filtersOf(ref)) {
      const about = { instance, filter };
      const key = keyOf(about, isProjectId(project) ? "by id" : "by path");
      const group = groups.get(key) ?? { about, projects: new Set() };
      group.projects.add(project);
      groups.set(key, group);
    }
  }
  return [...groups.values()].flatMap(({ about, projects }) => {
    if (projects.size < MIN_PROJECTS) return [];
    const batches = split([...projects], Math.ceil(projects.size / MAX_PROJECTS));
    return batches.map((batch) => ({ ...about, projects: batch }));
  });
}

/** The pipelines that the ref means the newest of; none where that depends on another question. */
function filtersOf(ref: Ref): RefFilter[] {
  if ("branch" in ref) return [filterOf(ref.branch, ref)];
  if ("tag" in ref) return [filterOf(ref.tag, ref)];
  if ("mergeRequest" in ref) return refsOfMergeRequest(ref).map((name) => filterOf(name, ref));
  return [];
}

function keyOf({ instance, filter }: Omit<Question, "projects">, about: string): string {
  return JSON.stringify([instance, filter, about]);
}

function split<T>(items: readonly T[], parts: number): (readonly T[])[] {
  const size = Math.ceil(items.length / parts);
  return Array.from({ length: parts }, (_, part) => items.slice(part * size, (part + 1) * size));
}

interface Lesson {
  readonly inquiry: Inquiry;
  readonly wanted: ReadonlyMap<string, ReadonlySet<string>>;
}

/** Under each name that the project was asked about with. */
function learn(
  found: NewestJobs,
  { instance, filter, projects }: Question,
  { inquiry, wanted }: Lesson,
): void {
  const { pipeline, jobs, projectId, fullPath } = found;
  if (isDangling(pipeline.source)) return;
  const spellings = new Set([String(projectId), fullPath.toLowerCase()]);
  for (const project of projects.filter((one) => spellings.has(one.toLowerCase()))) {
    const names = wanted.get(JSON.stringify([instance, project]));
    const isTold = jobs?.every((job) => names?.has(job.name) !== true || hasArchive(job)) === true;
    inquiry.learn({ address: { instance, project }, filter, pipeline, jobs: isTold ? jobs : undefined });
  }
}

/** Why a job has none, and since when, only the REST API tells. */
function hasArchive({ artifacts }: Job): boolean {
  return artifacts.some(({ file_type }) => file_type === "archive");
}

/** The names of the jobs that are looked for in each project. */
function jobNamesOf(variants: readonly DeclaredVariant[]): ReadonlyMap<string, ReadonlySet<string>> {
  const names = new Map<string, Set<string>>();
  for (const { gitlab, project, jobName } of variants) {
    const key = JSON.stringify([gitlab, project]);
    const own = names.get(key) ?? new Set();
    names.set(key, jobName === undefined ? own : own.add(jobName));
  }
  return names;
}
