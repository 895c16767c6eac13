/** `artifacts bump`: merge requests that keep the lock fresh, in one project or in many. */
import { resolve } from "node:path";
import { addressOf, instanceOf } from "../bump/address.js";
import { bump } from "../bump/bump.js";
import type { Tended } from "../bump/tend.js";
import { type UserError, UserErrors, userErrorsOf } from "../errors.js";
import { openProject } from "../project.js";
import { bumpToJson, describeBump } from "./bump-report.js";
import { suiteOf, suiteOfErrors, writeJunit } from "./bump-junit.js";
import { runInMany } from "./bump-many.js";
import type { CommandContext, Run } from "./command.js";
import { openGitLab, openGitLabWriter, openTokens } from "./open-gitlab.js";

export interface BumpCommandOptions {
  readonly dryRun?: boolean;
  readonly project?: readonly string[];
  readonly group?: readonly string[];
  /** Patterns of projects that artifacts may come from. */
  readonly source?: readonly string[];
  /** File for the JUnit report. */
  readonly junit?: string;
}

export const run: Run<BumpCommandOptions> = async (_names, options, context) => {
  const { dryRun = false, junit, group: groups = [], project: projects = [], source = [] } = options;
  const { cwd, env, terminal, signal } = context;
  const isMany = groups.length > 0 || projects.length > 1;
  const place = { env, directory: cwd, configured: await configuredInstance(context) };
  const tokens = openTokens(context);
  const gitlab = openGitLab(context, tokens);
  const writer = openGitLabWriter(context, tokens);
  const common = { gitlab, writer, checkout: cwd, dryRun, terminal, signal, now: new Date() };
  try {
    if (isMany) {
      const many = { ...common, instance: await instanceOf(place), allowed: source };
      return await runInMany({ groups, projects, junit }, many, context);
    }
    const address = await addressOf({ ...place, project: projects[0] });
    const allowed = source.length === 0 ? undefined : { patterns: source, paths: new Map<number, string>() };
    const work = () => bump({ ...common, address, allowed });
    const report = junit === undefined ? undefined : resolve(cwd, junit);
    const { done, unwritten } = await reported(work, { project: String(address.project), report });
    return {
      data: { dryRun, ...bumpToJson(done) },
      text: describeBump(done, dryRun),
      errors: [...done.errors, ...unwritten],
    };
  } finally {
    await Promise.all([gitlab.close(), writer.close()]);
  }
};

/** The same, with a report of it in a file, also when nothing could be begun. */
async function reported(
  work: () => Promise<Tended>,
  { project, report }: { readonly project: string; readonly report: string | undefined },
): Promise<{ readonly done: Tended; readonly unwritten: readonly UserError[] }> {
  const done = await work().catch(async (error: unknown) => {
    const errors = userErrorsOf(error);
    if (errors === undefined) throw error;
    throw new UserErrors([...errors, ...(await writeJunit(report, [suiteOfErrors(project, errors)]))]);
  });
  return { done, unwritten: await writeJunit(report, [suiteOf(project, done)]) };
}

/** The configuration of the working directory names the instance to work in; the rest of it is read from the project. */
async function configuredInstance({ cwd }: CommandContext): Promise<string | undefined> {
  return (await openProject(cwd)).config.gitlab;
}
