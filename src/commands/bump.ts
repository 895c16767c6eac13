/** `artifacts bump`: merge requests that keep the lock fresh. */
import { resolve } from "node:path";
import { addressOf } from "../bump/address.js";
import { bump } from "../bump/bump.js";
import type { Tended } from "../bump/tend.js";
import { userErrorsOf } from "../errors.js";
import { openProject } from "../project.js";
import { writeFiles } from "../write-file.js";
import { bumpToJson, describeBump } from "./bump-report.js";
import { printJunit, printJunitOfErrors } from "./bump-junit.js";
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
    return { data: { dryRun, ...bumpToJson(done) }, text: describeBump(done, dryRun), errors: done.errors };
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
