/** What is there already: branches of the bot, its merge requests, and those that people closed. Reads only. */
import type { Branch, MergeRequest } from "../gitlab/forge-schema.js";
import type { GitLab } from "../gitlab/gitlab.js";
import { listMergeRequests } from "../gitlab/merge-requests.js";
import type { ProjectAddress } from "../gitlab/projects.js";
import { listBranches } from "../gitlab/repository.js";
import { markerOf, type Marker } from "./marker.js";
import type { Refusal } from "./policy.js";
import { BRANCH_PREFIX } from "./topic.js";

/** A merge request of the bot. */
export interface OwnMergeRequest {
  readonly iid: number;
  readonly title: string;
  readonly description: string;
  readonly branch: string;
  readonly labels: readonly string[];
  readonly conflicted: boolean;
  /** Whether GitLab will merge it as it is, alone or on a merge train. */
  readonly merging: boolean;
  readonly createdAt: string;
  readonly url: string;
  readonly marker: Marker;
}

export interface Situation {
  readonly now: Date;
  /** Head of the target branch, which the lock was read from. */
  readonly head: string;
  /** By name. */
  readonly branches: ReadonlyMap<string, Branch>;
  readonly open: readonly OwnMergeRequest[];
  /** Branches with our prefix for which something is open that is not the bot's, such as one whose marker a person removed. */
  readonly taken: ReadonlySet<string>;
  /** Fingerprints by branch, of what people closed without merging. */
  readonly refused: ReadonlyMap<string, ReadonlySet<string>>;
  /** Merge requests that the bot opened within the last hour. */
  readonly recent: number;
  /** What the policy has against topics, by their names; a topic that is not refused is not there. */
  readonly refusals: ReadonlyMap<string, readonly Refusal[]>;
}

export interface Where {
  readonly gitlab: GitLab;
  readonly address: ProjectAddress;
  readonly projectId: number;
  readonly targetBranch: string;
}

/** Branches that begin with our prefix, and open merge requests of them. */
export async function readOpen({
  gitlab,
  address,
  projectId,
  targetBranch,
}: Where): Promise<Pick<Situation, "branches" | "open" | "taken">> {
  const [branches, open] = await Promise.all([
    collect(listBranches(gitlab, address, BRANCH_PREFIX)),
    collect(listMergeRequests(gitlab, address, { state: "opened", target_branch: targetBranch })),
  ]);
  const own = branches.filter(({ name }) => name.startsWith(BRANCH_PREFIX));
  const taken = open.filter(
    (request) => isFrom(request, projectId) && ownOf(request, projectId) === undefined,
  );
  return {
    branches: new Map(own.map((branch) => [branch.name, branch])),
    open: open.flatMap((request) => ownOf(request, projectId) ?? []),
    taken: new Set(taken.map(({ source_branch }) => source_branch)),
  };
}

/** What people closed of these branches: one request for each. */
export async function readRefused(
  { gitlab, address, projectId, targetBranch }: Where,
  branches: readonly string[],
): Promise<Situation["refused"]> {
  const entries = await Promise.all(
    branches.map(async (branch): Promise<[string, Set<string>]> => {
      const filter = { state: "closed", source_branch: branch, target_branch: targetBranch };
      const closed = await collect(listMergeRequests(gitlab, address, filter));
      const own = closed.flatMap((request) => ownOf(request, projectId) ?? []);
      const refused = own.filter(({ marker }) => marker.closed === undefined);
      return [branch, new Set(refused.map(({ marker }) => marker.fingerprint))];
    }),
  );
  return new Map(entries);
}

/** How many merge requests the bot opened since a time, whatever became of them. */
export async function countSince({ gitlab, address, projectId }: Where, since: Date): Promise<number> {
  const all = await collect(
    listMergeRequests(gitlab, address, { state: "all", created_after: since.toISOString() }),
  );
  return all.filter((request) => ownOf(request, projectId) !== undefined).length;
}

/** Undefined when it is not the bot's: another branch, a fork's branch of the same name, or no marker of ours for that branch. */
function ownOf(request: MergeRequest, projectId: number): OwnMergeRequest | undefined {
  const { source_branch: branch } = request;
  const marker = markerOf(request.description);
  if (marker === undefined || branch !== `${BRANCH_PREFIX}${marker.topic}` || !isFrom(request, projectId))
    return undefined;
  return {
    iid: request.iid,
    title: request.title,
    description: request.description,
    branch,
    labels: request.labels,
    conflicted: request.has_conflicts === true,
    merging: request.merge_when_pipeline_succeeds === true,
    createdAt: request.created_at,
    url: request.web_url,
    marker,
  };
}

/** Whether it is from a branch with our prefix in the project itself. */
function isFrom(request: MergeRequest, projectId: number): boolean {
  const { source_branch: branch, source_project_id: source = projectId } = request;
  return branch.startsWith(BRANCH_PREFIX) && source === projectId;
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
