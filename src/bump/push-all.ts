/** The branches of a run, made side by side: no two actions are about the same one. */
import pLimit from "p-limit";
import type { Applying } from "./applying.js";
import type { Action } from "./plan.js";
import { pushTopic } from "./push.js";

const COMMITS_AT_ONCE = 8;

export interface Pushes {
  /** What became of the branch, by the action that needs it. */
  readonly done: ReadonlyMap<Action, Promise<PromiseSettledResult<void>>>;
  /** Begins no more of them, and waits for those that are under way. */
  readonly stop: () => Promise<void>;
}

/** Begins to make the branches that are to be proposed. */
export function pushAll(actions: readonly Action[], applying: Applying): Pushes {
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
