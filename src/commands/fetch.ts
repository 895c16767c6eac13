/** `artifacts fetch`: locked bytes into the local Nix store, outside any build, under the paths that the overlay builds. */
import { resolve } from "node:path";
import { writeBundle } from "../fetch/bundle.js";
import { fetchFromBundle } from "../fetch/from-bundle.js";
import { type FetchOutcome, fetchIntoStore } from "../fetch/fetch.js";
import type { LockedEntry } from "../lock/entry.js";
import { keepFromGarbage } from "../fetch/gc-roots.js";
import { openProject, requireProjectLock, selectNames } from "../project.js";
import { currentSystem } from "../store/current-system.js";
import { createNix } from "../store/nix.js";
import type { CommandResult, Run } from "./command.js";
import { openGitLab } from "./open-gitlab.js";
import { selectVariants } from "./select-variants.js";

export interface FetchOptions {
  readonly system?: readonly string[];
  readonly allSystems?: boolean;
  readonly substitute?: boolean;
  readonly gcRoot?: string;
  readonly offlineBundle?: string;
  readonly fromBundle?: string;
}

export const run: Run<FetchOptions> = async (given, options, context) => {
  const { cwd, env, signal, terminal } = context;
  const project = await openProject(cwd);
  const lock = await requireProjectLock(project);
  const known = Object.keys(lock.artifacts);
  const names = selectNames(given, known, project.config.lock);
  const systems = options.allSystems === true ? undefined : (options.system ?? [currentSystem()]);
  const { wanted, errors } = selectVariants(lock, { names, named: given.length > 0, systems });
  const nix = createNix({ env });
  const gitlab = openGitLab(context);
  try {
    terminal.step(`fetching ${wanted.length} variants`);
    let done = 0;
    const onProgress = () => terminal.step(`fetched ${++done} of ${wanted.length}`);
    const { substitute, fromBundle, offlineBundle } = options;
    const outcomes =
      fromBundle === undefined
        ? await fetchIntoStore(wanted, { gitlab, nix, substitute, signal, onProgress })
        : await fetchFromBundle(resolve(cwd, fromBundle), wanted, { nix, signal, onProgress });
    const there = outcomes.filter(({ status }) => status !== "failed");
    if (offlineBundle !== undefined && there.length === outcomes.length) {
      terminal.step(`writing ${offlineBundle}`);
      await writeBundle(resolve(cwd, offlineBundle), there, { signal });
    }
    if (options.gcRoot !== undefined) {
      const all = { names: new Set(known), named: false, systems: undefined };
      const locked = selectVariants(lock, all).wanted;
      const directory = resolve(cwd, options.gcRoot);
      await keepFromGarbage({ directory, kept: withoutRepeats(there), locked, nix, signal });
    }
    const failures = outcomes.flatMap((one) => (one.status === "failed" ? [one.error] : []));
    return { ...resultOf(there), errors: [...errors, ...failures] };
  } finally {
    await gitlab.close();
  }
};

/** An artifact for `any` system is wanted once for each system that was asked for. */
function withoutRepeats(wanted: readonly LockedEntry[]): LockedEntry[] {
  return [...new Map(wanted.map((one) => [`${one.artifact}.${one.system}`, one])).values()];
}

function resultOf(there: readonly FetchOutcome[]): CommandResult {
  return {
    data: {
      paths: there.map(({ artifact, system, variant, status }) => ({
        artifact,
        system,
        path: variant.storePath,
        added: status === "added",
        substituted: status === "substituted",
      })),
    },
    text: there.map(({ variant }) => variant.storePath).join("\n"),
  };
}
