/** Opens merge requests and brings them up to date; their branches are there already. */
import { openMergeRequest, updateMergeRequest } from "../../gitlab/merge-requests.js";
import type { Findings } from "../describe/findings.js";
import { describeTopic } from "../describe/merge-request.js";
import type { Action } from "../plan/action.js";
import { wantsRecreation } from "../situation/marker.js";
import type { OwnMergeRequest } from "../situation/situation.js";
import type { Done } from "./applied.js";
import type { Applying } from "./applying.js";
import { reviewersOf } from "./reviewers.js";

/** @param findings what GitLab tells of the topic */
export async function open(
  action: Action & { kind: "open" },
  applying: Applying,
  findings: Findings | undefined,
): Promise<Done> {
  const { topic, text } = action;
  const { labels, squash } = topic.rule;
  const [assignees, milestone, reviewers] = await Promise.all([
    applying.names.usersOf(topic.rule.assignees),
    applying.names.milestoneOf(topic.rule.milestone),
    reviewersOf(topic, applying),
  ]);
  const { notAsked } = reviewers;
  const { description } = describeTopic(topic, applying.bump, findings);
  const request = await openMergeRequest(applying, applying.address, {
    source_branch: topic.branch,
    target_branch: topic.target,
    title: text.title,
    description,
    labels,
    assignee_ids: assignees.ids,
    reviewer_ids: reviewers.ids,
    milestone_id: milestone.ids[0],
    squash,
    remove_source_branch: true,
  });
  return {
    outcome: "opened",
    request: { iid: request.iid, url: request.web_url },
    ...(notAsked.length > 0 && {
      detail: `code owners who are no users were not asked: ${notAsked.join(", ")}`,
    }),
    errors: [assignees, milestone, reviewers].flatMap(({ errors }) => errors),
  };
}

export async function update(
  action: Action & { kind: "update" },
  applying: Applying,
  findings: Findings | undefined,
): Promise<Done> {
  const { topic, text, request } = action;
  if (isToldAnew(action)) {
    const { description } = describeTopic(topic, applying.bump, findings);
    const changes = { title: titleFor(request, text.title), description };
    await updateMergeRequest(applying.writer, applying.address, { iid: request.iid, changes });
  }
  return { outcome: "updated", request };
}

/** Whether title and description are to be written. */
export function isToldAnew(action: Action & { kind: "open" | "update" }): boolean {
  if (action.kind === "open") return true;
  const { topic, text, request } = action;
  const { marker } = request;
  const isWritten = marker.text === text.marker.text && marker.fingerprint === topic.fingerprint;
  return !isWritten || wantsRecreation(request.description);
}

/** Whether it is a draft is for people to say once it is open. */
function titleFor({ title }: OwnMergeRequest, text: string): string {
  const subject = text.replace(/^Draft: /, "");
  return /^draft:/i.test(title) ? `Draft: ${subject}` : subject;
}
