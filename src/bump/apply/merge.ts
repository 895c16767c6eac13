/** Merges a merge request when everything speaks for it, or puts it on the merge train of the project. */
import type { MergeRequestDetail } from "../../gitlab/forge-schema.js";
import { GitLabError } from "../../gitlab/gitlab-error.js";
import { acceptMergeRequest, getMergeRequest } from "../../gitlab/merge-requests.js";
import { addToMergeTrain } from "../../gitlab/merge-trains.js";
import { getCommit, isMissing } from "../../gitlab/repository.js";
import type { Action } from "../plan/action.js";
import { NO_PIPELINE, type Done } from "./applied.js";
import type { Applying } from "./applying.js";
import { holdsExactly } from "./push.js";

/** GitLab refuses to merge: no right to, not mergeable, the branch has moved, or it conflicts. */
const REFUSALS: ReadonlySet<number | undefined> = new Set([400, 401, 405, 406, 409, 422]);

/** The commit is named in the request, so GitLab itself refuses when the branch is no longer at it. */
export async function merge(action: Action & { kind: "merge" }, applying: Applying): Promise<Done> {
  const { topic, request, commit } = action;
  const { iid } = request;
  const { address, gitlab, mergeTrains } = applying;
  const not = (detail: string): Done => ({ outcome: "not merged", detail, request });
  const now = await getMergeRequest(gitlab, address, iid);
  const hindrance = await hindranceOf(now, commit, applying);
  if (hindrance !== undefined) return not(hindrance);
  if (!(await holdsExactly(commit, topic, applying))) return not("the branch holds more than the update");
  try {
    if (mergeTrains) await addToMergeTrain(applying, address, { iid, sha: commit });
    else await acceptMergeRequest(applying, address, { iid, sha: commit });
  } catch (error) {
    if (!(error instanceof GitLabError) || !REFUSALS.has(error.status)) throw error;
    return not(error.message);
  }
  return { outcome: mergeTrains ? "on the merge train" : "merged", request };
}

async function hindranceOf(
  now: MergeRequestDetail,
  commit: string,
  applying: Applying,
): Promise<string | undefined> {
  const { sha, head_pipeline: pipeline, detailed_merge_status: status } = now;
  if (sha !== commit) return "the branch has moved";
  if (pipeline == null || !(await isPipelineOf(commit, { ...now, pipeline }, applying))) return NO_PIPELINE;
  if (pipeline.status !== "success") return `its pipeline is ${pipeline.status}`;
  return status === "mergeable" ? undefined : `GitLab says ${status ?? "nothing"}`;
}

/**
 * Whether a pipeline tested a commit: it ran for the commit, or for GitLab's own merge of it into the target branch (GitLab
 * documentation, "Merged results pipelines" and "Merge trains"). GitLab alone writes below `refs/merge-requests/`; the second parent
 * of such a merge is the commit that was merged.
 */
async function isPipelineOf(
  commit: string,
  {
    iid,
    pipeline,
  }: { readonly iid: number; readonly pipeline: { readonly sha: string; readonly ref: string } },
  { gitlab, address }: Applying,
): Promise<boolean> {
  if (pipeline.sha === commit) return true;
  const merges = ["merge", "train"].map((name) => `refs/merge-requests/${iid}/${name}`);
  if (!merges.includes(pipeline.ref)) return false;
  try {
    const { parent_ids } = await getCommit(gitlab, address, pipeline.sha);
    return parent_ids.length === 2 && parent_ids[1] === commit;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}
