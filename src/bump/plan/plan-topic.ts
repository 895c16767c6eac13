/** What to do about one topic. Pure. */
import type { Bump } from "../../config/bump.js";
import { describeTopic } from "../describe/merge-request.js";
import type { Topic } from "../renew/topic.js";
import { fingerprintOfCommit, wantsRecreation } from "../situation/marker.js";
import type { OwnMergeRequest, Situation } from "../situation/situation.js";
import { isWished, type Verb, type Wishes } from "../situation/wishes.js";
import type { Action, BranchStep, Waiting } from "./action.js";
import { isOpen } from "./schedule.js";

const DAY_MS = 86_400_000;

/** What every decision looks at, besides the situation. */
export interface Deciding {
  readonly bump: Bump;
  /** Of people, by the dashboard. */
  readonly wishes: Wishes;
}

/** What the limits look at, with what this run opened so far. */
export interface Opening {
  readonly opening: number;
  /** Open when this run is done. */
  readonly count: number;
}

/** For a topic that has nothing open. */
export function planNew(
  topic: Topic,
  situation: Situation,
  { bump, wishes, opening, count }: Deciding & Opening,
): Action | Waiting {
  const { now, recent, refused } = situation;
  // First, because no wish helps against it: a later reason would be another one when the wish is gone.
  const branch = branchStep(topic, situation, bump);
  if (branch === "of a person" || situation.taken.has(topic.branch)) return "branch of a person";
  const wants = (verb: Verb) => isWished(wishes, verb, topic.id);
  const isRefused = refused.get(topic.branch)?.has(topic.fingerprint) === true;
  if (isRefused && !wants("recreate")) return "closed by a person";
  if (isTooYoung(topic, now) && !wants("approve")) return "too young";
  if (situation.refusals.has(topic.id)) return "refused by the policy";
  if (!isOpen(topic.rule.schedules, now) && !wants("unschedule")) return "outside the schedule";
  const { maximumOpen, maximumPerHour } = bump;
  const isLimited = !wants("unlimit");
  if (isLimited && maximumOpen !== null && count >= maximumOpen) return "too many open";
  if (isLimited && maximumPerHour !== null && recent + opening >= maximumPerHour) return "too many this hour";
  return { kind: "open", topic, text: describeTopic(topic, bump), branch };
}

/** For a topic that has a merge request. */
export function planOpen(
  topic: Topic,
  situation: Situation,
  { bump, wishes, request }: Deciding & { readonly request: OwnMergeRequest },
): Action | Waiting {
  if (request.labels.includes(bump.stopLabel)) return "stopped by a label";
  if (situation.refusals.has(topic.id)) return "refused by the policy";
  const text = describeTopic(topic, bump);
  if (wantsRecreation(request.description) || isWished(wishes, "rebase", topic.id))
    return { kind: "update", topic, text, request, branch: "replace" };
  const isSame = request.marker.fingerprint === topic.fingerprint;
  if (!isSame && isTooYoung(topic, situation.now)) return "too young";
  const branch = branchStep(topic, situation, bump, request);
  if (branch === "of a person") return isSame ? "branch of a person" : { kind: "say-edited", topic, request };
  const isWritten = request.marker.text === text.marker.text && isSame;
  if (branch === "keep" && isWritten) return planMerge(topic, situation, request);
  if (!isOpen(topic.rule.schedules, situation.now)) return "outside the schedule";
  return { kind: "update", topic, text, request, branch };
}

function planMerge(topic: Topic, { branches, now }: Situation, request: OwnMergeRequest): Action | Waiting {
  if (request.merging) return "being merged";
  const head = branches.get(topic.branch);
  if (!mayMerge(topic, now) || head === undefined) return "up to date";
  return { kind: "merge", topic, request, commit: head.commit.id };
}

/** Whether a run tries to merge it, should it be up to date. */
export function mayMerge({ rule }: Topic, now: Date): boolean {
  return rule.automerge && !rule.draft && isOpen(rule.schedules, now);
}

function branchStep(
  topic: Topic,
  { branches, heads }: Situation,
  { rebase }: Bump,
  request?: OwnMergeRequest,
): BranchStep | "of a person" {
  const branch = branches.get(topic.branch);
  if (branch === undefined) return "make";
  const fingerprint = fingerprintOfCommit(branch.commit);
  if (fingerprint === undefined) return "of a person";
  if (fingerprint !== topic.fingerprint) return "replace";
  // A push would end it; on a merge train the target branch moves all the time.
  if (request?.merging === true) return "keep";
  const isBehind = !branch.commit.parent_ids.includes(heads.get(topic.target) ?? "");
  // Only what stands on the target branch can be compared, file by file, with what is to be merged.
  if ((rebase === "behind" || topic.rule.automerge) && isBehind) return "replace";
  return rebase !== "never" && isBehind && request?.conflicted === true ? "replace" : "keep";
}

function isTooYoung({ newest, rule }: Topic, now: Date): boolean {
  return newest !== undefined && now.getTime() - Date.parse(newest) < rule.minimumAgeDays * DAY_MS;
}
