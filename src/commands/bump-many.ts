/** `artifacts bump` with `--group`, or with several projects: the same in each, and one report of all. */
import { resolve } from "node:path";
import { projectOf } from "../bump/address.js";
import { bumpMany, type BumpManyOptions, type ManyTended, type ProjectRun } from "../bump/bump-many.js";
import { UserError } from "../errors.js";
import { errorToJson } from "../terminal/report-error.js";
import { type Suite, suiteOf, suiteOfErrors, writeJunit } from "./bump-junit.js";
import { bumpToJson, describeBump } from "./bump-report.js";
import type { CommandContext, CommandResult } from "./command.js";

export interface Named {
  readonly groups: readonly string[];
  readonly projects: readonly string[];
  /** File for the JUnit report. */
  readonly junit: string | undefined;
}

/** @throws UserError BUMP_BAD_GROUP before anything is asked */
export async function runInMany(
  { groups, projects, junit }: Named,
  options: Omit<BumpManyOptions, "groups" | "projects">,
  { cwd }: Pick<CommandContext, "cwd">,
): Promise<CommandResult> {
  for (const group of groups)
    if (!/^[\w.-]+(\/[\w.-]+)*$/.test(group) || /^\d+$/.test(group)) throw badGroup(group);
  const done = await bumpMany({ ...options, groups, projects: projects.map(projectOf) });
  const unwritten = await writeJunit(junit === undefined ? undefined : resolve(cwd, junit), suitesOf(done));
  const { dryRun } = options;
  return {
    data: { dryRun, projects: done.runs.map(runToJson), skipped: done.skipped },
    text: describeAll(done, dryRun),
    errors: [
      ...done.errors,
      ...done.runs.flatMap((run) => errorsOf(run).map((error) => inProject(error, run))),
      ...unwritten,
    ],
  };
}

function badGroup(group: string): UserError {
  return new UserError("BUMP_BAD_GROUP", `"${group}" is not the full path of a group`, {
    hint: "name the group as in its address: artifacts bump --group platform/tools",
    exitCode: 2,
  });
}

function errorsOf({ outcome }: ProjectRun): readonly UserError[] {
  return "tended" in outcome ? outcome.tended.errors : outcome.errors;
}

function inProject({ code, message, hint, at, exitCode }: UserError, { project }: ProjectRun): UserError {
  return new UserError(code, `${project}: ${message}`, { hint, at, exitCode });
}

function runToJson(run: ProjectRun): object {
  const { project, outcome } = run;
  const done = "tended" in outcome ? bumpToJson(outcome.tended) : {};
  return { project, ...done, errors: errorsOf(run).map(errorToJson) };
}

function suitesOf({ runs, errors }: ManyTended): readonly Suite[] {
  const suites = runs.map(({ project, outcome }) =>
    "tended" in outcome ? suiteOf(project, outcome.tended) : suiteOfErrors(project, outcome.errors),
  );
  return errors.length === 0 ? suites : [suiteOfErrors(undefined, errors), ...suites];
}

function describeAll({ runs, skipped }: ManyTended, dryRun: boolean): string {
  const lines = runs.flatMap(({ project, outcome }) => {
    const text = "tended" in outcome ? describeBump(outcome.tended, dryRun) : "nothing could be begun";
    return [project, ...text.split("\n").map((line) => `  ${line}`)];
  });
  const reasons = [...new Set(skipped.map(({ why }) => why))].sort();
  const counts = reasons.map((why) => `${skipped.filter((one) => one.why === why).length} ${why}`);
  if (counts.length > 0) lines.push(`skipped: ${counts.join(", ")}`);
  return lines.length === 0 ? "there is no project" : lines.join("\n");
}
