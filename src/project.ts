/** A consumer's repository as the commands see it: configuration, manifests and lock. */
import { access } from "node:fs/promises";
import { join } from "node:path";
import { distance } from "fastest-levenshtein";
import type { Config } from "./config/config.js";
import { findConfig, loadConfig } from "./config/load.js";
import { UserError } from "./errors.js";
import type { Lock } from "./lock/schema.js";
import type { Declared } from "./manifest/declared.js";
import { readProjectOnThread } from "./read-project-thread.js";

export interface Project {
  readonly config: Config;
  /** Absolute path of the lockfile. */
  readonly lockFile: string;
  /** Absolute path of the folder of the generated files. */
  readonly output: string;
}

/** The repository that `directory` belongs to. */
export async function openProject(directory: string): Promise<Project> {
  const withoutFile = findConfig(directory) === undefined;
  const request = { directory, manifests: false };
  return placed(withoutFile ? await loadConfig(directory) : (await readProjectOnThread(request)).config);
}

export interface DeclaredProject extends Project {
  readonly declared: readonly Declared[];
  /** Text by absolute path of manifests, configuration and all that they import. */
  readonly sources: ReadonlyMap<string, string>;
}

/**
 * The repository with everything that it declares. The thread that reads it has started when this returns, so that a command can load
 * what it needs meanwhile.
 *
 * @throws UserErrors with every problem of the configuration, or else of every manifest
 */
export async function openDeclaredProject(directory: string): Promise<DeclaredProject> {
  const { config, manifests } = await readProjectOnThread({ directory, manifests: true });
  const sources = new Map([...config.sources, ...manifests.sources]);
  return { ...placed(config), declared: manifests.artifacts, sources };
}

/** A configuration with the places that it names. */
export function placed(config: Config): Project {
  return { config, lockFile: join(config.root, config.lock), output: join(config.root, config.output) };
}

export async function readProjectLock({ lockFile }: Project): Promise<Lock> {
  const { readLock } = await import("./lock/read.js");
  return readLock(lockFile);
}

/**
 * As `readProjectLock`, for commands that do nothing without a lock: in a wrong directory, that must not look like success.
 *
 * @throws UserError NO_LOCK when there is no lockfile
 */
export async function requireProjectLock(project: Project): Promise<Lock> {
  await access(project.lockFile).catch((cause: unknown) => {
    throw new UserError("NO_LOCK", `there is no lockfile ${project.lockFile}`, {
      exitCode: 2,
      hint: "run this where artifacts are locked (-C DIR), or lock some first: artifacts lock",
      cause,
    });
  });
  return readProjectLock(project);
}

/**
 * The names to work on: those given, or all.
 *
 * @param where what the names are looked up in, for the message
 * @throws UserError UNKNOWN_ARTIFACT that names the nearest ones there are
 */
export function selectNames(
  given: readonly string[],
  known: readonly string[],
  where: string,
): ReadonlySet<string> {
  for (const name of given) {
    if (known.includes(name)) continue;
    const near = known.toSorted((a, b) => distance(a, name) - distance(b, name)).slice(0, 5);
    throw new UserError("UNKNOWN_ARTIFACT", `there is no artifact "${name}" in ${where}`, {
      exitCode: 2,
      hint: near.length === 0 ? `${where} has no artifact yet` : `the nearest are: ${near.join(", ")}`,
    });
  }
  return new Set(given.length === 0 ? known : given);
}
