/**
 * Merge requests: list, open, change, rebase, merge. GitLab documentation: "Merge requests API"; texts and statuses of refusals:
 * GitLab `lib/api/merge_requests.rb`. Mergeability is worked out in the background: how often a read still says `checking` is a knob.
 */
import { z } from "zod";
import { json, refuse, refuseError, refuseMissingRecord, type Reply } from "../http/reply.js";
import type { Forge, MergeRequest } from "../state/forge.js";
import { requireRole } from "./authorize.js";
import { bodyOf, Words } from "./body.js";
import { requireSource } from "./commits.js";
import type { Exchange } from "./exchange.js";
import { paginate } from "./pagination.js";
import { enumQuery, integerParam, timeQuery } from "./parameters.js";
import { forgeFor } from "./repository.js";
import { detailedStatus, headPipeline, showFullMergeRequest, showMergeRequest } from "./show-forge.js";
import { userNames } from "./users.js";

/** GitLab's limit of descriptions. */
const MAX_DESCRIPTION = 1_048_576;

const Ids = z.array(z.int());
const Changes = z.object({
  title: z.string().min(1).max(255).optional(),
  description: z.string().max(MAX_DESCRIPTION).optional(),
  target_branch: z.string().optional(),
  labels: Words.optional(),
  add_labels: Words.optional(),
  remove_labels: Words.optional(),
  assignee_ids: Ids.optional(),
  reviewer_ids: Ids.optional(),
  milestone_id: z.int().optional(),
  remove_source_branch: z.boolean().optional(),
  squash: z.boolean().optional(),
  state_event: z.enum(["close", "reopen"]).optional(),
});
const NewMergeRequest = Changes.extend({
  title: z.string().min(1).max(255),
  source_branch: z.string(),
  target_branch: z.string(),
});

export function listMergeRequests(exchange: Exchange): Reply {
  const forge = forgeFor(exchange);
  const { query } = exchange.request;
  const state = enumQuery(exchange, "state", ["opened", "closed", "locked", "merged", "all"]) ?? "all";
  const after = timeQuery(exchange, "created_after");
  const is = (name: string, value: string) => !query.has(name) || query.get(name) === value;
  const rows = forge.mergeRequests
    .filter((request) => state === "all" || request.state === state)
    .filter(
      (request) => is("source_branch", request.sourceBranch) && is("target_branch", request.targetBranch),
    )
    .filter(({ createdAt }) => after === undefined || createdAt >= after);
  return paginate(exchange, rows.reverse(), (request) => showMergeRequest(exchange.instance, forge, request));
}

export function getMergeRequest(exchange: Exchange): Reply {
  const { forge, request } = mergeRequestOf(exchange);
  const shown = showFullMergeRequest(exchange.instance, forge, request);
  request.checksLeft = Math.max(0, request.checksLeft - 1);
  return json(shown);
}

export function createMergeRequest(exchange: Exchange): Reply {
  const forge = forgeFor(exchange);
  requireRole(exchange, forge.project, "developer");
  const given = bodyOf(exchange, NewMergeRequest);
  const { source_branch: sourceBranch, target_branch: targetBranch, title } = given;
  const other = forge.mergeRequests.find(
    (one) => one.state === "opened" && one.sourceBranch === sourceBranch && one.targetBranch === targetBranch,
  );
  if (other !== undefined) {
    return json(
      { message: [`Another open merge request already exists for this source branch: !${other.iid}`] },
      409,
    );
  }
  requireSource(forge, sourceBranch);
  const author = exchange.caller?.user ?? "";
  const checks = exchange.instance.knobs.mergeabilityChecks;
  const request = forge.openMergeRequest({ author, sourceBranch, targetBranch, title }, checks);
  change(exchange, request, given);
  return json(showFullMergeRequest(exchange.instance, forge, request), 201);
}

export function updateMergeRequest(exchange: Exchange): Reply {
  const { forge, request } = mergeRequestOf(exchange);
  requireRole(exchange, forge.project, "developer");
  const given = bodyOf(exchange, Changes);
  if (Object.values(given).every((value) => value === undefined)) {
    refuseError(
      400,
      `${Object.keys(Changes.shape).join(", ")} are missing, at least one parameter must be provided`,
    );
  }
  change(exchange, request, given);
  return json(showFullMergeRequest(exchange.instance, forge, request));
}

function change(exchange: Exchange, request: MergeRequest, given: z.output<typeof Changes>): void {
  const names = (ids: readonly number[]) => userNames(exchange, ids);
  request.title = given.title ?? request.title;
  request.description = given.description ?? request.description;
  request.targetBranch = given.target_branch ?? request.targetBranch;
  const labels = given.labels ?? [...request.labels, ...(given.add_labels ?? [])];
  request.labels = [...new Set(labels)].filter((label) => given.remove_labels?.includes(label) !== true);
  request.assignees = given.assignee_ids === undefined ? request.assignees : names(given.assignee_ids);
  request.reviewers = given.reviewer_ids === undefined ? request.reviewers : names(given.reviewer_ids);
  const { milestone_id: milestone } = given;
  if (milestone !== undefined)
    request.milestone = forgeFor(exchange).milestones.find(({ id }) => id === milestone);
  request.squash = given.squash ?? request.squash;
  request.removeSourceBranch = given.remove_source_branch ?? request.removeSourceBranch;
  if (given.state_event === "close") request.state = "closed";
  if (given.state_event === "reopen") request.state = "opened";
  request.updatedAt = exchange.instance.now();
}

const Merge = z.object({
  sha: z.string().optional(),
  squash: z.boolean().optional(),
  should_remove_source_branch: z.boolean().optional(),
});

export function mergeMergeRequest(exchange: Exchange): Reply {
  const { forge, request } = mergeRequestOf(exchange);
  requireRole(exchange, forge.project, "developer");
  const { sha, should_remove_source_branch: remove = request.removeSourceBranch } = bodyOf(exchange, Merge);
  const conflicts = forge.repository.merged(request.sourceBranch, request.targetBranch) === undefined;
  const draft = /^draft:/i.test(request.title);
  if (
    detailedStatus(request, { checking: request.checksLeft > 0, conflicts: false, draft }) !== "mergeable"
  ) {
    refuse(405, "Method Not Allowed");
  }
  if (sha !== undefined && sha !== request.sha) {
    return json({ message: `SHA does not match HEAD of source branch: ${request.sha}` }, 409);
  }
  if (conflicts) return json({ message: "Branch cannot be merged" }, 422);
  const message = `Merge branch '${request.sourceBranch}' into '${request.targetBranch}'`;
  request.mergeCommit = forge.repository.merge(request.sourceBranch, request.targetBranch, message)?.id;
  request.state = "merged";
  request.mergedAt = exchange.instance.now();
  if (remove) forge.repository.branches.delete(request.sourceBranch);
  forge.branchMoved(request.targetBranch, exchange.instance.knobs.mergeabilityChecks);
  return json(showFullMergeRequest(exchange.instance, forge, request));
}

/** 202: done in the background. Here at once, and where it conflicts not at all. */
export function rebaseMergeRequest(exchange: Exchange): Reply {
  const { forge, request } = mergeRequestOf(exchange);
  requireRole(exchange, forge.project, "developer");
  const tree = forge.repository.merged(request.sourceBranch, request.targetBranch);
  const [head, onto] = [forge.repository.at(request.sourceBranch), forge.headOf(request.targetBranch)];
  if (tree !== undefined && head !== undefined && onto !== undefined) {
    const files = Object.fromEntries(tree);
    forge.repository.commit(request.sourceBranch, {
      files,
      message: head.message,
      author: head.author,
      onto,
    });
    forge.branchMoved(request.sourceBranch, exchange.instance.knobs.mergeabilityChecks);
  }
  return json({ rebase_in_progress: true }, 202);
}

export function listMergeRequestPipelines(exchange: Exchange): Reply {
  const { forge, request } = mergeRequestOf(exchange);
  const head = headPipeline(forge, request);
  return paginate(exchange, head === undefined ? [] : [head], ({ id, sha, ref, status }) => ({
    id,
    sha,
    ref,
    status,
  }));
}

export function mergeRequestOf(exchange: Exchange): { forge: Forge; request: MergeRequest } {
  const forge = forgeFor(exchange);
  const iid = integerParam(exchange, "merge_request_iid");
  const request = forge.mergeRequests.find((one) => one.iid === iid);
  return request === undefined ? refuseMissingRecord() : { forge, request };
}
