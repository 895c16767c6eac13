/** What the bot did in a project, as `--json` and as text. */
import { outcomesOf, type ArtifactOutcome } from "../bump/artifact-outcomes.js";
import type { Applied } from "../bump/apply/applied.js";
import { branchOf, type Action } from "../bump/plan/action.js";
import { explainHeld } from "../bump/renew/beyond.js";
import { explainRefusal } from "../bump/situation/policy.js";
import type { Tended } from "../bump/tend.js";
import { errorToJson } from "../terminal/report-error.js";
import { changeToJson } from "./changes.js";

/** What was done in a project, or would be. */
export function bumpToJson(tended: Tended): object {
  const { plan, applied, dashboard, held } = tended;
  const outcomes = new Map(applied.map((one) => [one.action, one]));
  return {
    actions: plan.actions.map((action) => actionToJson(action, outcomes.get(action))),
    waiting: plan.waiting.map(({ topic, why, request, refusals }) => ({
      topic: topic.name,
      target: topic.target,
      why,
      ...(refusals === undefined ? {} : { refusals }),
      mergeRequest: request === undefined ? null : { iid: request.iid, url: request.url },
      changes: topic.changes.map(changeToJson),
    })),
    artifacts: outcomesOf(tended).map(outcomeToJson),
    dashboard: dashboard ?? null,
    held,
  };
}

function outcomeToJson({ artifact, target, outcome, request, errors }: ArtifactOutcome): object {
  return {
    artifact,
    target: target.branch,
    outcome,
    mergeRequest: request === undefined ? null : { iid: request.iid, url: request.url },
    ...(errors.length === 0 ? {} : { errors: errors.map(errorToJson) }),
  };
}

function actionToJson(action: Action, applied: Applied | undefined): object {
  const request = applied?.request ?? ("request" in action ? action.request : undefined);
  return {
    kind: action.kind,
    topic: "topic" in action ? action.topic.name : null,
    target: "topic" in action ? action.topic.target : "request" in action ? action.request.target : null,
    branch: branchOf(action),
    title: "text" in action ? action.text.title : null,
    outcome: applied?.outcome ?? null,
    ...(applied?.detail === undefined ? {} : { detail: applied.detail }),
    mergeRequest: request === undefined ? null : { iid: request.iid, url: request.url },
    changes: "topic" in action ? action.topic.changes.map(changeToJson) : [],
  };
}

const WOULD: Readonly<Record<Action["kind"], string>> = {
  open: "would open",
  update: "would update",
  merge: "would merge",
  "say-edited": "would leave to a person",
  "note-reopening": "would note the reopening of",
  close: "would close",
  "delete-branch": "would delete the branch",
};

/** The same as text, a line for each branch. */
export function describeBump({ plan, applied, held, errors }: Tended, dryRun: boolean): string {
  const done = dryRun
    ? plan.actions.map((action) => `${WOULD[action.kind]}  ${branchOf(action)}${titleOf(action)}`)
    : applied.map(({ action, outcome, detail, request }) => {
        const where = request === undefined ? "" : `  ${request.url}`;
        return `${outcome}  ${branchOf(action)}${titleOf(action)}${where}${detail === undefined ? "" : `: ${detail}`}`;
      });
  const waiting = plan.waiting.flatMap(({ topic, why, refusals = [] }) => [
    `${why}  ${topic.branch}`,
    ...refusals.map((refusal) => `  ${explainRefusal(refusal)}`),
  ]);
  const lines = [...done, ...waiting, ...held.map(explainHeld)];
  if (lines.length > 0) return lines.join("\n");
  return errors.length > 0 ? "nothing was changed" : "the lock is fresh, nothing to do";
}

function titleOf(action: Action): string {
  return "text" in action ? `  ${action.text.title}` : "";
}
