/** `artifacts fetch`: locked bytes into the local Nix store, outside any build, under the paths that the overlay builds. */
import { UserError } from "../errors.js";
import { fetchIntoStore, type Wanted } from "../fetch/fetch.js";
import type { Lock, LockedArtifact } from "../lock/schema.js";
import { openProject, readProjectLock, selectNames } from "../project.js";
import { currentSystem } from "../store/current-system.js";
import { createNix } from "../store/nix.js";
import type { Run } from "./command.js";
import { openGitLab } from "./open-gitlab.js";

export interface FetchOptions {
  readonly system?: readonly string[];
  readonly allSystems?: boolean;
}

export const run: Run<FetchOptions> = async (given, options, context) => {
  const project = await openProject(context.cwd);
  const lock = await readProjectLock(project);
  const names = selectNames(given, Object.keys(lock.artifacts), project.config.lock);
  const { wanted, errors } = selectVariants(lock, { ...options, names, named: given.length > 0 });
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

interface Selection extends FetchOptions {
  readonly names: ReadonlySet<string>;
  /** Whether the user named the artifacts: then one that is not for this system is an error. */
  readonly named: boolean;
}

function selectVariants(lock: Lock, selection: Selection): { wanted: Wanted[]; errors: UserError[] } {
  const { names, named, system, allSystems = false } = selection;
  const wanted: Wanted[] = [];
  const errors: UserError[] = [];
  for (const [name, artifact] of Object.entries(lock.artifacts)) {
    if (!names.has(name)) continue;
    const systems = allSystems ? Object.keys(artifact.systems) : (system ?? [currentSystem()]);
    const found = systems.flatMap((one) => variantFor(one, name, artifact) ?? []);
    if (found.length === 0 && named) errors.push(notForSystem(name, systems, artifact));
    wanted.push(...found);
  }
  return { wanted, errors };
}

/** The variant of a system; the one for `any` stands in where there is no other. */
function variantFor(wanted: string, artifact: string, { systems }: LockedArtifact): Wanted | undefined {
  const system = wanted in systems ? wanted : "any";
  const variant = systems[system];
  return variant === undefined ? undefined : { artifact, system, variant };
}

function notForSystem(name: string, systems: readonly string[], locked: LockedArtifact): UserError {
  return new UserError("NO_VARIANT", `${name} is not locked for ${systems.join(", ")}`, {
    hint: `it is locked for: ${Object.keys(locked.systems).join(", ")}; choose with --system`,
  });
}
