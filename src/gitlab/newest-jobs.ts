import { z } from "zod";
import type { GitLab } from "./gitlab.js";
import type { RefFilter } from "./pipelines.js";
import { Instant, type Job, Name, type Pipeline, Sha } from "./schema.js";
import { pipelineAddress } from "./web-address.js";

/** Paths that `projects` takes at most; GitLab `app/graphql/resolvers/projects_resolver.rb`. */
export const MAX_PROJECTS = 50;

/**
 * For fifty projects about 75 of the 200 points that an anonymous query may cost; it costs more the more projects are asked
 * about. Without `retried: false` the jobs would have replaced attempts among them. Projects that the caller may not see are
 * left out of the answer, without an error.
 */
const queryFor = (projects: number) => `query NewestJobs(
  $fullPaths: [String!], $ids: [ID!], $ref: String!, $status: PipelineStatusEnum
) {
  projects(fullPaths: $fullPaths, ids: $ids, first: ${projects}) { nodes { id fullPath
    pipelines(ref: $ref, status: $status, first: 1) { nodes { id ref sha status source
      commit { sha title authoredDate committedDate }
      jobs(retried: false, first: 100) { pageInfo { hasNextPage } nodes {
        id name status createdByTag createdAt finishedAt artifacts { nodes { fileType name size expireAt } }
      } } } } } }
}`;

/** The number at the end of `gid://gitlab/Ci::Build/7`. */
const GlobalId = z
  .string()
  .regex(/^gid:\/\/gitlab\/[\w:]+\/\d+$/)
  .transform((id) => Number(id.slice(id.lastIndexOf("/") + 1)));
/** An element of an enumeration, as REST writes it. */
const Word = z.string().transform((word) => word.toLowerCase());
/** Elements may be null where the caller may not see them. */
const nodesOf = <T extends z.ZodType>(node: T) =>
  z.array(node.nullable()).transform((nodes) => nodes.filter((one) => one !== null));
const listOf = <T extends z.ZodType>(node: T) =>
  z
    .object({ nodes: nodesOf(node) })
    .nullish()
    .transform((list) => list?.nodes ?? []);

const Row = z.object({
  fileType: Word.nullish(),
  name: z.string().nullish(),
  /** A `BigInt`, which is written as text. */
  size: z.coerce.number().int().nonnegative().nullish(),
  expireAt: Instant.nullish(),
});

const BUILD = "gid://gitlab/Ci::Build/";
const Build = z.object({
  id: z.string().startsWith(BUILD).pipe(GlobalId),
  name: Name,
  status: Word,
  createdByTag: z.boolean(),
  createdAt: Instant,
  finishedAt: Instant.nullish(),
  artifacts: listOf(Row),
});
/** What triggers pipelines or was reported from outside is in the list of jobs, too. */
const NoBuild = z.object({ id: z.string().refine((id) => !id.startsWith(BUILD)) }).transform(() => null);

const Newest = z.object({
  id: GlobalId,
  ref: Name,
  sha: Sha,
  status: Word,
  source: z.string().nullish(),
  commit: z
    .object({
      sha: Sha,
      title: z.string().nullish(),
      authoredDate: Instant.nullish(),
      committedDate: Instant,
    })
    .nullish(),
  jobs: z
    .object({ pageInfo: z.object({ hasNextPage: z.boolean() }), nodes: nodesOf(z.union([Build, NoBuild])) })
    .nullish(),
});
type Newest = z.infer<typeof Newest>;

const Answer = z.object({
  projects: listOf(z.object({ id: GlobalId, fullPath: Name, pipelines: listOf(Newest) })),
});

/** The newest pipeline of a project on a ref. */
export interface NewestJobs {
  readonly projectId: number;
  readonly fullPath: string;
  readonly pipeline: Pipeline;
  /** As the REST API lists them; undefined when there are more, or when something of them was not told. */
  readonly jobs: readonly Job[] | undefined;
}

/** What many projects are asked about. */
export interface NewestQuestion {
  /** All full paths, or all ids; at most `MAX_PROJECTS`. */
  readonly projects: readonly string[];
  readonly filter: RefFilter;
}

/**
 * For each of the projects that there are and that have one, the newest pipeline on the ref with its jobs, without those of
 * child pipelines: POST `/api/graphql`. What it says, it says in the words of the REST API.
 */
export async function newestJobs(
  gitlab: GitLab,
  instance: string,
  { projects, filter: { ref, status } }: NewestQuestion,
): Promise<readonly NewestJobs[]> {
  const areIds = projects.every(isProjectId);
  const variables = {
    ...(areIds ? { ids: projects.map((id) => `gid://gitlab/Project/${id}`) } : { fullPaths: projects }),
    ref,
    ...(status === undefined ? {} : { status: status.toUpperCase() }),
  };
  const answer = await gitlab.query(instance, queryFor(projects.length), variables, Answer);
  return answer.projects.flatMap(({ id: projectId, fullPath, pipelines: [newest] }) => {
    if (newest === undefined) return [];
    const page = { instance, project: fullPath };
    const pipeline = pipelineOf(newest, { projectId, webUrl: pipelineAddress(page, newest.id) });
    return [{ projectId, fullPath, pipeline, jobs: jobsOf(newest, pipeline) }];
  });
}

/** Whether GitLab takes this for an id: a path has a slash. */
export function isProjectId(project: string): boolean {
  return /^\d+$/.test(project);
}

function pipelineOf(
  { id, ref, sha, status, source }: Newest,
  { projectId, webUrl }: { readonly projectId: number; readonly webUrl: string },
): Pipeline {
  return { id, project_id: projectId, ref, sha, status, source, web_url: webUrl };
}

function jobsOf({ jobs, commit }: Newest, pipeline: Pipeline): readonly Job[] | undefined {
  if (commit === null || commit === undefined) return undefined;
  if (jobs === null || jobs === undefined || jobs.pageInfo.hasNextPage) return undefined;
  const { sha: id, title, authoredDate, committedDate } = commit;
  const told = { id, created_at: committedDate, title, authored_date: authoredDate };
  return jobs.nodes.map((job) => jobOf(job, { pipeline, commit: told }));
}

/** Rows say when they expire; of a job without any, GraphQL does not tell when they did. */
function jobOf(
  { id, name, status, createdByTag, createdAt, finishedAt, artifacts }: z.infer<typeof Build>,
  of: Pick<Job, "pipeline" | "commit">,
): Job {
  const archive = artifacts.find(({ fileType }) => fileType === "archive");
  return {
    id,
    name,
    status,
    tag: createdByTag,
    created_at: createdAt,
    finished_at: finishedAt,
    artifacts_expire_at: archive?.expireAt,
    artifacts: artifacts.flatMap(({ fileType, size, name: filename }) =>
      typeof fileType === "string" ? [{ file_type: fileType, size, filename }] : [],
    ),
    ...of,
  };
}
