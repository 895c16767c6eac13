/**
 * THIRD in a run: what to do, (topics, situation, configuration) → actions. All of this folder is pure. Run again on what the
 * actions lead to, it plans nothing.
 *
 * At most one merge request is open per topic. A branch whose head is not the bot's own commit belongs to a person, and is
 * changed only when a person asks for it with the box in the description.
 */
import type { Topic } from "../renew/topic.js";
import { fingerprintOfCommit } from "../situation/marker.js";
import type { Situation } from "../situation/situation.js";
import type { Action, LeftRequest, Plan, Unknown, WaitingTopic } from "./action.js";
import { planNew, planOpen, type Deciding } from "./plan-topic.js";

export interface PlanOptions extends Deciding {
  /** Why this run could not find out what a branch should hold: then it stays as it is, with what is open of it. */
  readonly whyUnknown: (branch: string) => Unknown | undefined;
}

export function plan(topics: readonly Topic[], situation: Situation, options: PlanOptions): Plan {
  const { bump, whyUnknown, wishes } = options;
  const actions: Action[] = [];
  const waiting: WaitingTopic[] = [];
  const obsolete = planObsolete(topics, situation, options);
  // What is closed in this run makes room in it; otherwise the next one would have something to do.
  let count =
    situation.open.length +
    situation.retargeted.size -
    obsolete.filter(({ kind }) => kind === "close").length;
  let opening = 0;
  const known = topics.filter(({ branch }) => whyUnknown(branch) === undefined);
  for (const topic of known.toSorted((a, b) => b.rule.priority - a.rule.priority)) {
    const own = situation.open.find(({ branch }) => branch === topic.branch);
    const request = own ?? situation.retargeted.get(topic.branch);
    const next =
      request === undefined
        ? planNew(topic, situation, { bump, wishes, opening, count })
        : own === undefined
          ? "has another target"
          : planOpen(topic, situation, { bump, wishes, request });
    if (typeof next === "string") {
      const refusals = next === "refused by the policy" ? situation.refusals.get(topic.id) : undefined;
      waiting.push({ topic, why: next, ...(request && { request }), ...(refusals && { refusals }) });
    } else {
      actions.push(next);
      if (next.kind !== "open") continue;
      opening += 1;
      count += 1;
    }
  }
  const reopened = planReopened(topics, situation, options);
  return {
    actions: [...obsolete, ...reopened, ...actions],
    waiting,
    left: leftOf(known, situation, options),
  };
}

/** What is neither obsolete nor of a topic that is known. */
function leftOf(
  known: readonly Topic[],
  { open, retargeted }: Situation,
  { bump, whyUnknown }: PlanOptions,
): LeftRequest[] {
  const tended = new Set(known.map(({ branch }) => branch));
  return [...open, ...retargeted.values()].flatMap((request): LeftRequest[] => {
    if (tended.has(request.branch)) return [];
    if (retargeted.get(request.branch) === request) return [{ request, why: "has another target" }];
    if (request.labels.includes(bump.stopLabel)) return [{ request, why: "stopped by a label" }];
    const why = whyUnknown(request.branch);
    return why === undefined ? [] : [{ request, why }];
  });
}

/** What the bot closed and a person opened again: from then on it is for people to close, and a refusal when they do. */
function planReopened(
  topics: readonly Topic[],
  { open }: Situation,
  { bump, whyUnknown }: PlanOptions,
): Action[] {
  const wanted = new Set(topics.map(({ branch }) => branch));
  return open
    .filter(({ marker }) => marker.closed !== undefined)
    .filter(({ branch }) => wanted.has(branch) && whyUnknown(branch) === undefined)
    .filter(({ labels }) => !labels.includes(bump.stopLabel))
    .map((request): Action => ({ kind: "note-reopening", request }));
}

/** What is open although there is nothing to propose, and branches that a run left before it opened anything. */
function planObsolete(
  topics: readonly Topic[],
  { open, retargeted, taken, branches }: Situation,
  { bump, whyUnknown }: PlanOptions,
): Action[] {
  const wanted = new Set(topics.map(({ branch }) => branch));
  const isOwn = (name: string) => {
    const branch = branches.get(name);
    return branch !== undefined && fingerprintOfCommit(branch.commit) !== undefined;
  };
  const obsolete = open
    .filter(({ branch, labels }) => !wanted.has(branch) && !labels.includes(bump.stopLabel))
    .filter(({ branch }) => whyUnknown(branch) === undefined)
    .map((request): Action => ({
      kind: "close",
      request,
      deleteBranch: isOwn(request.branch) && !retargeted.has(request.branch),
    }));
  const used = new Set([...open.map(({ branch }) => branch), ...retargeted.keys(), ...taken]);
  const orphans = [...branches.keys()]
    .filter((name) => !wanted.has(name) && !used.has(name) && isOwn(name))
    .filter((name) => whyUnknown(name) === undefined);
  return [...obsolete, ...orphans.map((branch): Action => ({ kind: "delete-branch", branch }))];
}
