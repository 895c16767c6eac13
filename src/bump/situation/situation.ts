/**
 * SECOND in a run: what else GitLab is asked before anything is planned, and how the bot knows in it what is its own, what people wish
 * for and what the policy has against an update. Reads only. This file: branches of the bot, its merge requests, and those that
 * people closed.
 */
import type { Branch, MergeRequest } from "../../gitlab/forge-schema.js";
import type { GitLab } from "../../gitlab/gitlab.js";
import { listMergeRequests } from "../../gitlab/merge-requests.js";
import type { ProjectAddress } from "../../gitlab/projects.js";
import { listBranches } from "../../gitlab/repository.js";
import { BRANCH_PREFIX, branchFor, targetIn } from "../renew/target.js";
import { markerOf, type Marker } from "./marker.js";
import type { Refusal } from "./policy.js";

/** A merge request of the bot. */
export interface OwnMergeRequest {
  readonly target: string;
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
  /** By target branch, the commit that its lock was read from. */
  readonly heads: ReadonlyMap<string, string>;
  /** By name. */
  readonly branches: ReadonlyMap<string, Branch>;
  /** Each for the target that its branch is meant for. */
  readonly open: readonly OwnMergeRequest[];
  /** By branch, those that a person gave another target. */
  readonly retargeted: ReadonlyMap<string, OwnMergeRequest>;
  /** Branches with our prefix for which something is open that is not the bot's, such as one whose marker a person removed. */
  readonly taken: ReadonlySet<string>;
  /** Fingerprints by branch, of what people closed without merging. */
  readonly refused: ReadonlyMap<string, ReadonlySet<string>>;
  /** Merge requests that the bot opened within the last hour. */
  readonly recent: number;
  /** What the policy has against topics, by their ids; a topic that is not refused is not there. */
  readonly refusals: ReadonlyMap<string, readonly Refusal[]>;
}

export interface Where {
  readonly gitlab: GitLab;
  readonly address: ProjectAddress;
  readonly projectId: number;
  readonly defaultBranch: string;
}

/** Branches that begin with our prefix, and open merge requests of them, whatever their target. */
export async function readOpen(
  where: Where,
): Promise<Pick<Situation, "branches" | "open" | "retargeted" | "taken">> {
  const { gitlab, address, projectId, defaultBranch } = where;
  const [branches, requests] = await Promise.all([
    collect(listBranches(gitlab, address, BRANCH_PREFIX)),
    collect(listMergeRequests(gitlab, address, { state: "opened" })),
  ]);
  const ours = branches.filter(({ name }) => name.startsWith(BRANCH_PREFIX));
  const own = requests.flatMap((request) => ownOf(request, where) ?? []);
  const isMeant = ({ branch, target }: OwnMergeRequest) => targetIn(branch, defaultBranch) === target;
  const taken = requests.filter(
    (request) => isFrom(request, projectId) && ownOf(request, where) === undefined,
  );
  return {
    branches: new Map(ours.map((branch) => [branch.name, branch])),
    open: own.filter(isMeant),
    retargeted: new Map(own.filter((one) => !isMeant(one)).map((one) => [one.branch, one])),
    taken: new Set(taken.map(({ source_branch }) => source_branch)),
  };
}

/** What people closed of these branches: one request for each. */
export async function readRefused(where: Where, branches: readonly string[]): Promise<Situation["refused"]> {
  const { gitlab, address, defaultBranch } = where;
  const entries = await Promise.all(
    branches.map(async (branch): Promise<[string, Set<string>]> => {
      const target = targetIn(branch, defaultBranch);
      const filter = { state: "closed", source_branch: branch, target_branch: target };
      const closed = await collect(listMergeRequests(gitlab, address, filter));
      const own = closed.flatMap((request) => ownOf(request, where) ?? []);
      const refused = own.filter(({ marker }) => marker.closed === undefined);
      return [branch, new Set(refused.map(({ marker }) => marker.fingerprint))];
    }),
  );
  return new Map(entries);
}

/** How many merge requests the bot opened since a time, whatever became of them. */
export async function countSince(where: Where, since: Date): Promise<number> {
  const filter = { state: "all", created_after: since.toISOString() };
  const all = await collect(listMergeRequests(where.gitlab, where.address, filter));
  return all.filter((request) => ownOf(request, where) !== undefined).length;
}

/** Undefined when it is not the bot's: another branch, a fork's branch of the same name, or no marker of ours for that branch. */
function ownOf(
  request: MergeRequest,
  { projectId, defaultBranch }: Pick<Where, "projectId" | "defaultBranch">,
): OwnMergeRequest | undefined {
  const { source_branch: branch, target_branch: target } = request;
  const marker = markerOf(request.description);
  if (marker === undefined || !isFrom(request, projectId)) return undefined;
  const meant = { branch: targetIn(branch, defaultBranch), isDefault: !branch.includes("@") };
  const isOfBranch = branch === branchFor(marker.topic, meant);
  if (!isOfBranch || (!meant.isDefault && marker.target !== meant.branch)) return undefined;
  return {
    iid: request.iid,
    title: request.title,
    description: request.description,
    branch,
    target,
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
