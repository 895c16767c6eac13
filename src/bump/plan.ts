/**
 * What to do: (topics, situation, configuration) → actions. Pure. Run again on what the actions lead to, it plans nothing.
 *
 * At most one merge request is open per topic. A branch whose head is not the bot's own commit belongs to a person, and is
 * changed only when a person asks for it with the box in the description.
 */
import type { Bump } from "../config/bump.js";
import { fingerprintOfCommit, wantsRecreation } from "./marker.js";
import { describeTopic, type MergeRequestText } from "./merge-request.js";
import type { Refusal } from "./policy.js";
import { isOpen } from "./schedule.js";
import type { OwnMergeRequest, Situation } from "./situation.js";
import type { Topic } from "./topic.js";
import { isWished, type Verb, type Wishes } from "./wishes.js";

/** What becomes of the branch: made, replaced by one new commit, or left as it is. */
export type BranchStep = "make" | "replace" | "keep";

export type Action =
  | {
      readonly kind: "open";
      readonly topic: Topic;
      readonly text: MergeRequestText;
      readonly branch: BranchStep;
    }
  | {
      readonly kind: "update";
      readonly topic: Topic;
      readonly text: MergeRequestText;
      readonly branch: BranchStep;
      readonly request: OwnMergeRequest;
    }
  | {
      readonly kind: "merge";
      readonly topic: Topic;
      readonly request: OwnMergeRequest;
      readonly commit: string;
    }
  | { readonly kind: "say-edited"; readonly topic: Topic; readonly request: OwnMergeRequest }
  | { readonly kind: "note-reopening"; readonly request: OwnMergeRequest }
  | { readonly kind: "close"; readonly request: OwnMergeRequest; readonly deleteBranch: boolean }
  | { readonly kind: "delete-branch"; readonly branch: string };

/** The branch that an action is about. */
export function branchOf(action: Action): string {
  if ("topic" in action) return action.topic.branch;
  return "request" in action ? action.request.branch : action.branch;
}

/** Why nothing is done about a topic. */
export type Waiting =
  | "up to date"
  | "being merged"
  | "too young"
  | "refused by the policy"
  | "outside the schedule"
  | "too many open"
  | "too many this hour"
  | "closed by a person"
  | "stopped by a label"
  | "branch of a person"
  | "has another target";

/** A topic for which nothing is done. */
export interface WaitingTopic {
  readonly topic: Topic;
  readonly why: Waiting;
  /** What is open for it. */
  readonly request?: OwnMergeRequest;
  /** What the policy has against it; only there when it is refused. */
  readonly refusals?: readonly Refusal[];
}

export interface Plan {
  readonly actions: readonly Action[];
  readonly waiting: readonly WaitingTopic[];
  /** Open ones that are left as they are because there is no topic to compare them with. */
  readonly left: readonly LeftRequest[];
}

export interface LeftRequest {
  readonly request: OwnMergeRequest;
  readonly why: "stopped by a label" | "has another target" | Unknown;
}

export type Unknown = "an artifact of it failed" | "its target could not be read";

const DAY_MS = 86_400_000;

export interface PlanOptions {
  readonly bump: Bump;
  /** Why this run could not find out what a branch should hold: then it stays as it is, with what is open of it. */
  readonly whyUnknown: (branch: string) => Unknown | undefined;
  /** Of people, by the dashboard. */
  readonly wishes: Wishes;
}

export function plan(topics: readonly Topic[], situation: Situation, options: PlanOptions): Plan {
  const { bump, whyUnknown, wishes } = options;
  const actions: Action[] = [];
  const waiting: WaitingTopic[] = [];
  const obsolete = planObsolete(topics, situation, options);
  // What is closed in this run makes room in it; otherwise the next one would have something to do.
  let count =
    situation.open.length +
    situation.retargeted.size -
    obsolete.filter(({ kind }) => kind === "close").length;
  let opening = 0;
  const known = topics.filter(({ branch }) => whyUnknown(branch) === undefined);
  for (const topic of known.toSorted((a, b) => b.rule.priority - a.rule.priority)) {
    const own = situation.open.find(({ branch }) => branch === topic.branch);
    const request = own ?? situation.retargeted.get(topic.branch);
    const next =
      request === undefined
        ? planNew(topic, situation, { bump, wishes, opening, count })
        : own === undefined
          ? "has another target"
          : planOpen(topic, situation, { bump, wishes, request });
    if (typeof next === "string") {
      const refusals = next === "refused by the policy" ? situation.refusals.get(topic.id) : undefined;
      waiting.push({ topic, why: next, ...(request && { request }), ...(refusals && { refusals }) });
    } else {
      actions.push(next);
      if (next.kind !== "open") continue;
      opening += 1;
      count += 1;
    }
  }
  const reopened = planReopened(topics, situation, options);
  return {
    actions: [...obsolete, ...reopened, ...actions],
    waiting,
    left: leftOf(known, situation, options),
  };
}

/** What is neither obsolete nor of a topic that is known. */
function leftOf(
  known: readonly Topic[],
  { open, retargeted }: Situation,
  { bump, whyUnknown }: PlanOptions,
): LeftRequest[] {
  const tended = new Set(known.map(({ branch }) => branch));
  return [...open, ...retargeted.values()].flatMap((request): LeftRequest[] => {
    if (tended.has(request.branch)) return [];
    if (retargeted.get(request.branch) === request) return [{ request, why: "has another target" }];
    if (request.labels.includes(bump.stopLabel)) return [{ request, why: "stopped by a label" }];
    const why = whyUnknown(request.branch);
    return why === undefined ? [] : [{ request, why }];
  });
}

/** What the bot closed and a person opened again: from then on it is for people to close, and a refusal when they do. */
function planReopened(
  topics: readonly Topic[],
  { open }: Situation,
  { bump, whyUnknown }: PlanOptions,
): Action[] {
  const wanted = new Set(topics.map(({ branch }) => branch));
  return open
    .filter(({ marker }) => marker.closed !== undefined)
    .filter(({ branch }) => wanted.has(branch) && whyUnknown(branch) === undefined)
    .filter(({ labels }) => !labels.includes(bump.stopLabel))
    .map((request): Action => ({ kind: "note-reopening", request }));
}

/** What the limits look at, with what this run opened so far. */
interface Opening {
  readonly opening: number;
  /** Open when this run is done. */
  readonly count: number;
}

function planNew(
  topic: Topic,
  situation: Situation,
  { bump, wishes, opening, count }: Pick<PlanOptions, "bump" | "wishes"> & Opening,
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

function planOpen(
  topic: Topic,
  situation: Situation,
  { bump, wishes, request }: Pick<PlanOptions, "bump" | "wishes"> & { readonly request: OwnMergeRequest },
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

/** What is open although there is nothing to propose, and branches that a run left before it opened anything. */
function planObsolete(
  topics: readonly Topic[],
  { open, retargeted, taken, branches }: Situation,
  { bump, whyUnknown }: PlanOptions,
): Action[] {
  const wanted = new Set(topics.map(({ branch }) => branch));
  const isOwn = (name: string) => {
    const branch = branches.get(name);
    return branch !== undefined && fingerprintOfCommit(branch.commit) !== undefined;
  };
  const obsolete = open
    .filter(({ branch, labels }) => !wanted.has(branch) && !labels.includes(bump.stopLabel))
    .filter(({ branch }) => whyUnknown(branch) === undefined)
    .map((request): Action => ({
      kind: "close",
      request,
      deleteBranch: isOwn(request.branch) && !retargeted.has(request.branch),
    }));
  const used = new Set([...open.map(({ branch }) => branch), ...retargeted.keys(), ...taken]);
  const orphans = [...branches.keys()]
    .filter((name) => !wanted.has(name) && !used.has(name) && isOwn(name))
    .filter((name) => whyUnknown(name) === undefined);
  return [...obsolete, ...orphans.map((branch): Action => ({ kind: "delete-branch", branch }))];
}

function isTooYoung({ newest, rule }: Topic, now: Date): boolean {
  return newest !== undefined && now.getTime() - Date.parse(newest) < rule.minimumAgeDays * DAY_MS;
}
