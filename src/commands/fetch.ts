/** `artifacts fetch`: locked bytes into the local Nix store, outside any build, under the paths that the overlay builds. */
import { fetchIntoStore } from "../fetch/fetch.js";
import { openProject, readProjectLock, selectNames } from "../project.js";
import { currentSystem } from "../store/current-system.js";
import { createNix } from "../store/nix.js";
import type { Run } from "./command.js";
import { openGitLab } from "./open-gitlab.js";
import { selectVariants } from "./select-variants.js";

export interface FetchOptions {
  readonly system?: readonly string[];
  readonly allSystems?: boolean;
}

export const run: Run<FetchOptions> = async (given, options, context) => {
  const project = await openProject(context.cwd);
  const lock = await readProjectLock(project);
  const names = selectNames(given, Object.keys(lock.artifacts), project.config.lock);
  const systems = options.allSystems === true ? undefined : (options.system ?? [currentSystem()]);
  const { wanted, errors } = selectVariants(lock, { names, named: given.length > 0, systems });
  const { terminal, signal, env } = context;
  const gitlab = openGitLab(context);
  try {
    terminal.step(`fetching ${wanted.length} variants`);
    const outcomes = await fetchIntoStore(wanted, { gitlab, nix: createNix({ env }), signal });
    const there = outcomes.filter(({ status }) => status !== "failed");
    return {
      data: {
        paths: there.map(({ artifact, system, variant, status }) => ({
          artifact,
          system,
          path: variant.storePath,
          added: status === "added",
        })),
      },
      text: there.map(({ variant }) => variant.storePath).join("\n"),
      errors: [...errors, ...outcomes.flatMap((one) => (one.status === "failed" ? [one.error] : []))],
    };
  } finally {
    await gitlab.close();
  }
};
