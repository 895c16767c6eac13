/** What the bot may do, and why it may do nothing: the words of a plan. */
import type { MergeRequestText } from "../describe/merge-request.js";
import type { Topic } from "../renew/topic.js";
import type { Refusal } from "../situation/policy.js";
import type { OwnMergeRequest } from "../situation/situation.js";

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
