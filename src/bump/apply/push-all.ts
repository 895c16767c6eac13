/** The branches of a run and what is to be told of them, prepared side by side: no two actions are about the same branch. */
import pLimit from "p-limit";
import { gatherFindings, type Findings } from "../describe/findings.js";
import type { Action } from "../plan/action.js";
import type { Applying } from "./applying.js";
import { isToldAnew } from "./propose.js";
import { pushTopic } from "./push.js";

const BRANCHES_AT_ONCE = 8;

/** What a description tells; undefined when none is to be written. */
export type Prepared = PromiseSettledResult<Findings | undefined>;

export interface Pushes {
  /** Whether the branch is there, by the action that needs it. */
  readonly done: ReadonlyMap<Action, Promise<Prepared>>;
  /** Begins no more of them, and waits for those that are under way. */
  readonly stop: () => Promise<void>;
}

/** Begins to make the branches that are to be proposed. */
export function pushAll(actions: readonly Action[], applying: Applying): Pushes {
  const limit = pLimit(BRANCHES_AT_ONCE);
  let stopped = false;
  const prepare = async (action: Action & { kind: "open" | "update" }): Promise<Findings | undefined> => {
    if (stopped) return undefined;
    const { topic, text, branch } = action;
    const { sources, situation } = applying;
    // Both are waited for, so that nothing is under way any more when a run ends.
    const [pushed, found] = await Promise.allSettled([
      pushTopic(topic, { step: branch, message: text.commitMessage }, applying),
      isToldAnew(action) ? gatherFindings(sources, topic, situation.now) : undefined,
    ]);
    if (pushed.status === "rejected") throw pushed.reason;
    if (found.status === "rejected") throw found.reason;
    return found.value;
  };
  const done = new Map<Action, Promise<Prepared>>();
  for (const action of actions) {
    if (action.kind === "open" || action.kind === "update") done.set(action, settled(limit(prepare, action)));
  }
  const stop = async () => {
    stopped = true;
    await Promise.all(done.values());
  };
  return { done, stop };
}

async function settled(promise: Promise<Findings | undefined>): Promise<Prepared> {
  const [result] = await Promise.allSettled([promise]);
  return result;
}
