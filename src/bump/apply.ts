/** Plan → changes in GitLab. Branches are made side by side, all else one after the other, in the order of the plan. */
import pLimit from "p-limit";
import { UserError, userErrorsOf } from "../errors.js";
import { GitLabError } from "../gitlab/gitlab-error.js";
import {
  acceptMergeRequest,
  findUser,
  getMergeRequest,
  noteOnce,
  openMergeRequest,
  updateMergeRequest,
} from "../gitlab/merge-requests.js";
import { deleteBranch } from "../gitlab/repository.js";
import type { Applying } from "./applying.js";
import { gatherFindings } from "./findings.js";
import { wantsRecreation, withMarker } from "./marker.js";
import { describeTopic } from "./merge-request.js";
import type { Action } from "./plan.js";
import { holdsExactly, pushTopic } from "./push.js";
import type { OwnMergeRequest } from "./situation.js";
import type { Topic } from "./topic.js";

/** What became of an action. */
export interface Applied {
  readonly action: Action;
  readonly outcome:
    | "opened"
    | "updated"
    | "merged"
    | "not merged"
    | "left to a person"
    | "closed"
    | "branch deleted"
    | "failed";
  /** Why it was not merged. */
  readonly detail?: string;
  readonly request?: { readonly iid: number; readonly url: string };
  readonly errors: readonly UserError[];
}

/** Commits at a time: no two are on the same branch. */
const COMMITS_AT_ONCE = 8;

/** Carries out every action; one that fails does not stop the others. */
export async function apply(actions: readonly Action[], applying: Applying): Promise<Applied[]> {
  const applied: Applied[] = [];
  const pushes = pushAll(actions, applying);
  try {
    for (const action of actions) {
      applying.signal.throwIfAborted();
      applied.push(await attempt(action, pushes.done.get(action), applying));
    }
    return applied;
  } finally {
    await pushes.stop();
  }
}

async function attempt(
  action: Action,
  pushed: Promise<PromiseSettledResult<void>> | undefined,
  applying: Applying,
): Promise<Applied> {
  try {
    const push = await pushed;
    if (push?.status === "rejected") throw push.reason;
    return { action, errors: [], ...(await carryOut(action, applying)) };
  } catch (error) {
    const errors = userErrorsOf(error);
    if (errors === undefined) throw error;
    return { action, outcome: "failed", errors };
  }
}

interface Pushes {
  /** What became of the branch, by the action that needs it. */
  readonly done: ReadonlyMap<Action, Promise<PromiseSettledResult<void>>>;
  /** Begins no more of them, and waits for those that are under way. */
  readonly stop: () => Promise<void>;
}

/** Begins to make the branches that are to be proposed. */
function pushAll(actions: readonly Action[], applying: Applying): Pushes {
  const limit = pLimit(COMMITS_AT_ONCE);
  let stopped = false;
  const push = async (action: Action & { kind: "open" | "update" }): Promise<void> => {
    if (stopped) return;
    const { topic, text, branch } = action;
    await pushTopic(topic, { step: branch, message: text.commitMessage }, applying);
  };
  const done = new Map<Action, Promise<PromiseSettledResult<void>>>();
  for (const action of actions) {
    if (action.kind === "open" || action.kind === "update") done.set(action, settled(limit(push, action)));
  }
  const stop = async () => {
    stopped = true;
    await Promise.all(done.values());
  };
  return { done, stop };
}

async function settled(promise: Promise<void>): Promise<PromiseSettledResult<void>> {
  const [result] = await Promise.allSettled([promise]);
  return result;
}

type Done =
  | Pick<Applied, "outcome" | "detail" | "request" | "errors">
  | Pick<Applied, "outcome" | "detail" | "request">;

async function carryOut(action: Action, applying: Applying): Promise<Done> {
  switch (action.kind) {
    case "open":
      return open(action, applying);
    case "update":
      return update(action, applying);
    case "merge":
      return merge(action, applying);
    case "say-edited":
      return sayEdited(action, applying);
    case "close":
      return close(action, applying);
    case "delete-branch":
      await deleteBranch(applying.writer, applying.address, action.branch);
      return { outcome: "branch deleted" };
  }
}

async function open(action: Action & { kind: "open" }, applying: Applying): Promise<Done> {
  const { topic, text } = action;
  const { labels, assignees, reviewers, squash } = topic.rule;
  const people = await Promise.all([assignees, reviewers].map((names) => findUsers(names, applying)));
  const description = await descriptionOf(topic, applying);
  const request = await openMergeRequest(applying, applying.address, {
    source_branch: topic.branch,
    target_branch: applying.targetBranch,
    title: text.title,
    description,
    labels,
    assignee_ids: people[0]?.ids ?? [],
    reviewer_ids: people[1]?.ids ?? [],
    squash,
    remove_source_branch: true,
  });
  return {
    outcome: "opened",
    request: { iid: request.iid, url: request.web_url },
    errors: people.flatMap(({ errors }) => errors),
  };
}

async function update(action: Action & { kind: "update" }, applying: Applying): Promise<Done> {
  const { topic, text, request } = action;
  const { marker } = request;
  const isWritten = marker.text === text.marker.text && marker.fingerprint === topic.fingerprint;
  if (!isWritten || wantsRecreation(request.description)) {
    const description = await descriptionOf(topic, applying);
    const changes = { title: titleFor(request, text.title), description };
    await updateMergeRequest(applying.writer, applying.address, { iid: request.iid, changes });
  }
  return { outcome: "updated", request };
}

/** With what only GitLab can tell; gathered before the write, so that a run that is killed here has changed nothing by it. */
async function descriptionOf(topic: Topic, { gitlab, bump, situation }: Applying): Promise<string> {
  const findings = await gatherFindings(gitlab, topic, situation.now);
  return describeTopic(topic, bump, findings).description;
}

/** Whether it is a draft is for people to say once it is open. */
function titleFor({ title }: OwnMergeRequest, text: string): string {
  const subject = text.replace(/^Draft: /, "");
  return /^draft:/i.test(title) ? `Draft: ${subject}` : subject;
}

/** GitLab itself refuses when the branch is no longer at `commit`. */
async function merge(action: Action & { kind: "merge" }, applying: Applying): Promise<Done> {
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

async function sayEdited(
  { topic, request }: Action & { kind: "say-edited" },
  applying: Applying,
): Promise<Done> {
  await noteOnce(applying, applying.address, {
    iid: request.iid,
    key: `edited:${topic.fingerprint}`,
    text: "Something newer is there, but this branch holds commits of others, so it is left alone. Tick the box in the description to have it made anew.",
  });
  return { outcome: "left to a person", request };
}

async function close(action: Action & { kind: "close" }, applying: Applying): Promise<Done> {
  const { iid, description, marker, branch } = action.request;
  const { writer, address } = applying;
  await noteOnce(applying, address, {
    iid,
    key: `closed:${marker.fingerprint}`,
    text: "There is nothing left to update here: the target branch has it, or it is no longer offered.",
  });
  const changes = {
    state_event: "close",
    description: withMarker(description, { ...marker, closed: "obsolete" }),
  } as const;
  await updateMergeRequest(writer, address, { iid, changes });
  if (action.deleteBranch) await deleteBranch(writer, address, branch);
  return { outcome: "closed", request: action.request };
}

/** A name that the instance does not know stops nothing, and is told. */
async function findUsers(
  names: readonly string[],
  { gitlab, address }: Applying,
): Promise<{ ids: number[]; errors: UserError[] }> {
  const found = await Promise.all(names.map((name) => findUser(gitlab, address.instance, name)));
  const missing = names.filter((_, index) => found[index] === undefined);
  return {
    ids: found.filter((id) => id !== undefined),
    errors: missing.map(
      (name) =>
        new UserError("BUMP_UNKNOWN_USER", `${address.instance} knows no user "${name}"`, {
          hint: "correct assignees and reviewers of bump in artifacts.config.ts",
        }),
    ),
  };
}
