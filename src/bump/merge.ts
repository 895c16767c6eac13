/** Merges a merge request, when everything speaks for it. */
import { GitLabError } from "../gitlab/gitlab-error.js";
import { acceptMergeRequest, getMergeRequest } from "../gitlab/merge-requests.js";
import type { Done } from "./applied.js";
import type { Applying } from "./applying.js";
import type { Action } from "./plan.js";
import { holdsExactly } from "./push.js";

/** GitLab itself refuses when the branch is no longer at `commit`. */
export async function merge(action: Action & { kind: "merge" }, applying: Applying): Promise<Done> {
  const { topic, request, commit } = action;
  const { iid } = request;
  const { address, gitlab } = applying;
  const now = await getMergeRequest(gitlab, address, iid);
  const pipeline = now.head_pipeline;
  const not = (detail: string): Done => ({ outcome: "not merged", detail, request });
  if (now.sha !== commit) return not("the branch has moved");
  if (pipeline?.sha !== commit) return not("no pipeline ran for its commit");
  if (pipeline.status !== "success") return not(`its pipeline is ${pipeline.status}`);
  if (now.detailed_merge_status !== "mergeable")
    return not(`GitLab says ${now.detailed_merge_status ?? "nothing"}`);
  if (!(await holdsExactly(commit, topic, applying))) return not("the branch holds more than the update");
  try {
    await acceptMergeRequest(applying, address, { iid, sha: commit });
  } catch (error) {
    if (!(error instanceof GitLabError) || ![401, 405, 406, 409, 422].includes(error.status ?? 0))
      throw error;
    return not(error.message);
  }
  return { outcome: "merged", request };
}
