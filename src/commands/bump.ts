/** `artifacts bump`: merge requests that keep the lock fresh. */
import { resolve } from "node:path";
import { addressOf } from "../bump/address.js";
import { bump } from "../bump/bump.js";
import type { Tended } from "../bump/tend.js";
import type { Applied } from "../bump/applied.js";
import { outcomesOf, type ArtifactOutcome } from "../bump/artifact-outcomes.js";
import { branchOf, type Action } from "../bump/plan.js";
import { explainHeld } from "../bump/beyond.js";
import { explainRefusal } from "../bump/policy.js";
import { userErrorsOf } from "../errors.js";
import { openProject } from "../project.js";
import { errorToJson } from "../terminal/report-error.js";
import { writeFiles } from "../write-file.js";
import { printJunit, printJunitOfErrors } from "./bump-junit.js";
import { changeToJson } from "./changes.js";
import type { CommandContext, Run } from "./command.js";
import { openGitLab, openGitLabWriter, openTokens } from "./open-gitlab.js";

export interface BumpCommandOptions {
  readonly dryRun?: boolean;
  readonly project?: string;
  /** File for the JUnit report. */
  readonly junit?: string;
}

export const run: Run<BumpCommandOptions> = async (_names, { dryRun = false, project, junit }, context) => {
  const { cwd, env, terminal, signal } = context;
  const configured = await configuredInstance(context);
  const address = await addressOf({ project, env, directory: cwd, configured });
  const tokens = openTokens(context);
  const gitlab = openGitLab(context, tokens);
  const writer = openGitLabWriter(context, tokens);
  try {
    const now = new Date();
    const options = { gitlab, writer, address, checkout: cwd, dryRun, terminal, signal, now };
    const done = await reported(() => bump(options), { project: String(address.project), junit, cwd });
    return { data: toJson(done, dryRun), text: describe(done, dryRun), errors: done.errors };
  } finally {
    await Promise.all([gitlab.close(), writer.close()]);
  }
};

/** The same, with a report of it in a file, also when nothing could be begun. */
async function reported(
  work: () => Promise<Tended>,
  {
    project,
    junit,
    cwd,
  }: { readonly project: string; readonly junit: string | undefined; readonly cwd: string },
): Promise<Tended> {
  const write = (text: string) =>
    junit === undefined ? undefined : writeFiles([{ path: resolve(cwd, junit), text }]);
  try {
    const done = await work();
    await write(printJunit(project, done));
    return done;
  } catch (error) {
    const errors = userErrorsOf(error);
    if (errors !== undefined) await write(printJunitOfErrors(project, errors));
    throw error;
  }
}

/** The configuration of the working directory names the instance to work in; the rest of it is read from the project. */
async function configuredInstance({ cwd }: CommandContext): Promise<string | undefined> {
  return (await openProject(cwd)).config.gitlab;
}

function toJson(tended: Tended, dryRun: boolean): object {
  const { plan, applied, dashboard, held } = tended;
  const outcomes = new Map(applied.map((one) => [one.action, one]));
  return {
    dryRun,
    actions: plan.actions.map((action) => actionToJson(action, outcomes.get(action))),
    waiting: plan.waiting.map(({ topic, why, request, refusals }) => ({
      topic: topic.name,
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

function outcomeToJson({ artifact, outcome, request, errors }: ArtifactOutcome): object {
  return {
    artifact,
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

function describe({ plan, applied, held }: Tended, dryRun: boolean): string {
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
  return lines.length === 0 ? "the lock is fresh, nothing to do" : lines.join("\n");
}

function titleOf(action: Action): string {
  return "text" in action ? `  ${action.text.title}` : "";
}
