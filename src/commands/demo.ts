/** `artifacts demo`: everything once, against an embedded GitLab. */
import { runDemo } from "../demo/demo.js";
import type { Run } from "./command.js";

export interface DemoCommandOptions {
  readonly keep?: boolean;
}

export const run: Run<DemoCommandOptions> = async (_names, { keep = false }, { env, print, signal }) => {
  const result = await runDemo({ env, print, signal, keep });
  const kept = keep ? `, kept in ${result.directory}` : "";
  return {
    data: result,
    text: `\ndone: ${result.storePaths.length} programs out of a private GitLab${kept}`,
  };
};
