/** `artifacts fetch`: locked bytes into the local Nix store, outside any build, under the paths that the overlay builds. */
import { UserError } from "../errors.js";
import { fetchIntoStore, type FetchItem } from "../fetch/fetch.js";
import type { Lock, LockedArtifact } from "../lock/schema.js";
import { openProject, readProjectLock, selectNames } from "../project.js";
import { currentSystem } from "../store/current-system.js";
import { openNix } from "../store/nix.js";
import type { Run } from "./command.js";
import { openGitLab } from "./open-gitlab.js";

export interface FetchOptions {
  readonly system?: readonly string[];
  readonly allSystems?: boolean;
}

export const run: Run<FetchOptions> = async (given, options, context) => {
  const project = openProject(context.cwd);
  const lock = await readProjectLock(project);
  const names = selectNames(given, Object.keys(lock.artifacts), project.config.lock);
  const { terminal, signal } = context;
  const items = selectVariants(lock, names, options);
  const gitlab = await openGitLab(context);
  try {
    const outcomes = await fetchIntoStore(items, {
      gitlab,
      nix: openNix(context.env),
      signal,
      onProgress: (label, received, total) => terminal.transfer({ label, received, total }),
      onDone: (label) => terminal.transferred(label),
    });
    const done = outcomes.flatMap((outcome) => ("error" in outcome ? [] : [outcome]));
    return {
      data: {
        paths: done.map(({ item, fetched }) => ({
          artifact: item.artifact,
          system: item.system,
          path: item.variant.storePath,
          fetched,
        })),
      },
      text: done.map(({ item }) => item.variant.storePath).join("\n"),
      errors: outcomes.flatMap((outcome) => ("error" in outcome ? [outcome.error] : [])),
    };
  } finally {
    await gitlab.close();
  }
};

/** The variants for the wanted systems; `any` stands in where an artifact has no variant of its own. */
function selectVariants(
  lock: Lock,
  names: ReadonlySet<string>,
  { system, allSystems = false }: FetchOptions,
): FetchItem[] {
  const artifacts = Object.entries(lock.artifacts).filter(([name]) => names.has(name));
  if (allSystems)
    return artifacts.flatMap(([name, artifact]) => itemsOf(name, artifact, Object.keys(artifact.systems)));
  const systems = system ?? [currentSystem()];
  return artifacts.flatMap(([name, artifact]) => {
    const own = systems.map((one) => (one in artifact.systems ? one : "any"));
    return itemsOf(name, artifact, [...new Set(own)]);
  });
}

function itemsOf(artifact: string, { systems }: LockedArtifact, wanted: readonly string[]): FetchItem[] {
  return wanted.flatMap((system) => {
    const variant = systems[system];
    return variant === undefined ? [] : [{ artifact, system, variant }];
  });
}

export function noVariant(artifact: string, system: string, locked: LockedArtifact): UserError {
  return new UserError("NO_VARIANT", `${artifact} is not locked for ${system}`, {
    hint: `it is locked for: ${Object.keys(locked.systems).join(", ")}`,
  });
}
