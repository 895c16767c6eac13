/** `artifacts generate`: lock → Nix. Offline. */
import { throwAll } from "../errors.js";
import { checkOutput, writeOutput } from "../output.js";
import { openProject, readProjectLock } from "../project.js";
import { describeWritten } from "./changes.js";
import type { Run } from "./command.js";

export interface GenerateOptions {
  readonly check?: boolean;
}

export const run: Run<GenerateOptions> = async (_names, { check = false }, context) => {
  const project = await openProject(context.cwd);
  const lock = await readProjectLock(project);
  if (check) {
    throwAll(await checkOutput(project, lock));
    return { data: { upToDate: true }, text: "generated files match the lock" };
  }
  const written = await writeOutput(project, lock);
  const text = written.length === 0 ? ["nothing changed"] : describeWritten(written);
  return { data: { written }, text: text.join("\n") };
};
