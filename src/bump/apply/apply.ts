/**
 * FOURTH in a run: plan → changes in GitLab, and what became of each. Branches, and what descriptions tell, are prepared side by
 * side, all else is done one after the other, in the order of the plan.
 */
import { userErrorsOf } from "../../errors.js";
import { noteOnce, updateMergeRequest } from "../../gitlab/merge-requests.js";
import { deleteBranch } from "../../gitlab/repository.js";
import type { Findings } from "../describe/findings.js";
import type { Action } from "../plan/action.js";
import { withMarker } from "../situation/marker.js";
import type { Applied, Done } from "./applied.js";
import type { Applying } from "./applying.js";
import { merge } from "./merge.js";
import { open, update } from "./propose.js";
import { pushAll, type Prepared } from "./push-all.js";

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
  preparing: Promise<Prepared> | undefined,
  applying: Applying,
): Promise<Applied> {
  try {
    const prepared = await preparing;
    if (prepared?.status === "rejected") throw prepared.reason;
    return { action, errors: [], ...(await carryOut(action, applying, prepared?.value)) };
  } catch (error) {
    const errors = userErrorsOf(error);
    if (errors === undefined) throw error;
    return { action, outcome: "failed", errors };
  }
}

async function carryOut(action: Action, applying: Applying, findings?: Findings): Promise<Done> {
  switch (action.kind) {
    case "open":
      return open(action, applying, findings);
    case "update":
      return update(action, applying, findings);
    case "merge":
      return merge(action, applying);
    case "say-edited":
      return sayEdited(action, applying);
    case "note-reopening":
      return noteReopening(action, applying);
    case "close":
      return close(action, applying);
    case "delete-branch":
      await deleteBranch(applying.writer, applying.address, action.branch);
      return { outcome: "branch deleted" };
  }
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

/** Only the marker changes. */
async function noteReopening(
  { request }: Action & { kind: "note-reopening" },
  { writer, address }: Applying,
): Promise<Done> {
  const { closed: _closed, ...marker } = request.marker;
  const description = withMarker(request.description, marker);
  await updateMergeRequest(writer, address, { iid: request.iid, changes: { description } });
  return { outcome: "reopening noted", request };
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
