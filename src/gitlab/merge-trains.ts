/** Merge trains: GitLab merges one after the other what was tested together. GitLab documentation, "Merge trains API". */
import { z } from "zod";
import { getMergeRequest, type Acceptance } from "./merge-requests.js";
import type { GitLab } from "./gitlab.js";
import type { ProjectAddress } from "./projects.js";
import { UnknownFate, type GitLabWriter } from "./writer.js";

const Car = z.object({ id: z.int() });

/**
 * POST `/projects/:id/merge_trains/merge_requests/:iid`: adds a merge request to the train of its target branch. Without `sha` GitLab
 * would also drop it from the train again (https://gitlab.com/gitlab-org/gitlab/-/issues/409339). After an answer that was lost it is
 * looked up what became of it, and not asked again.
 */
export async function addToMergeTrain(
  { gitlab, writer }: { readonly gitlab: GitLab; readonly writer: GitLabWriter },
  address: ProjectAddress,
  { iid, sha }: Acceptance,
): Promise<void> {
  try {
    await writer.send(address.instance, {
      method: "POST",
      path: ["projects", address.project, "merge_trains", "merge_requests", iid],
      body: { sha },
      answer: z.array(Car),
      repeatable: false,
    });
  } catch (error) {
    if (!(error instanceof UnknownFate)) throw error;
    const now = await getMergeRequest(gitlab, address, iid);
    if (now.state !== "merged" && now.merge_when_pipeline_succeeds !== true) throw error;
  }
}
