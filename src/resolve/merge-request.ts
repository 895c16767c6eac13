import type { Ref } from "../artifact.js";
import { newestJob } from "./newest-job.js";
import type { Found, Search } from "./search.js";

/**
 * `{ mergeRequest }`: the job of the newest successful pipeline of the merge request, whether it ran for the branch alone
 * (`head`) or for the merged result (`merge`). GitLab documentation, "Merge request pipelines": these run for refs of their
 * own, never for the name of the branch.
 */
export function findInMergeRequest(
  ref: Extract<Ref, { mergeRequest: number }>,
  search: Search,
): Promise<Found> {
  return newestJob(refsOfMergeRequest(ref), ref, search);
}

/** The refs that pipelines of a merge request run for. */
export function refsOfMergeRequest({ mergeRequest }: { readonly mergeRequest: number }): [string, string] {
  const refs = `refs/merge-requests/${mergeRequest}`;
  return [`${refs}/head`, `${refs}/merge`];
}
