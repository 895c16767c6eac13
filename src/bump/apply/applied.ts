import type { UserError } from "../../errors.js";
import type { Action } from "../plan/action.js";

/** What became of an action. */
export interface Applied {
  readonly action: Action;
  readonly outcome:
    | "opened"
    | "updated"
    | "merged"
    | "on the merge train"
    | "not merged"
    | "left to a person"
    | "reopening noted"
    | "closed"
    | "branch deleted"
    | "failed";
  /** Why it was not merged, or which code owners were not asked. */
  readonly detail?: string;
  readonly request?: { readonly iid: number; readonly url: string };
  readonly errors: readonly UserError[];
}

/** What an action that succeeded came to; without errors when nothing at all went wrong. */
export type Done = Omit<Applied, "action" | "errors"> & Partial<Pick<Applied, "errors">>;

/** Why a merge request that was just opened is not merged at once. */
export const NO_PIPELINE = "no pipeline ran for its commit";
