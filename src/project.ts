/** A consumer's repository as the commands see it: configuration, manifests and lock, read once. */
import { join } from "node:path";
import { distance } from "fastest-levenshtein";
import { loadConfig, type Config } from "./config/load.js";
import { UserError } from "./errors.js";
import { readLock } from "./lock/read.js";
import type { Lock } from "./lock/schema.js";
import type { Declared } from "./manifest/declared.js";

export interface Project {
  readonly config: Config;
  readonly lockFile: string;
  /** Folder of the generated files. */
  readonly output: string;
}

export function openProject(directory: string): Project {
  const config = loadConfig(directory);
  return { config, lockFile: join(config.root, config.lock), output: join(config.root, config.output) };
}

/**
 * All declared artifacts.
 *
 * @throws UserErrors with every problem of every manifest
 */
export async function readManifests({ config }: Project): Promise<Declared[]> {
  const { loadManifests } = await import("./manifest/load.js");
  return loadManifests({
    root: config.root,
    folder: config.manifests,
    defaults: { gitlab: config.gitlab, fetch: config.fetch },
  });
}

export function readProjectLock(project: Project): Promise<Lock> {
  return readLock(project.lockFile);
}

/**
 * The names to work on: those given, or all.
 *
 * @throws UserError UNKNOWN_ARTIFACT that names the nearest one there is
 */
export function selectNames(given: readonly string[], known: readonly string[], where: string): Set<string> {
  for (const name of given) {
    if (known.includes(name)) continue;
    const near = known.toSorted((a, b) => distance(a, name) - distance(b, name)).slice(0, 5);
    throw new UserError("UNKNOWN_ARTIFACT", `there is no artifact "${name}" in ${where}`, {
      exitCode: 2,
      hint: near.length === 0 ? `${where} is empty` : `the nearest are: ${near.join(", ")}`,
    });
  }
  return new Set(given.length === 0 ? known : given);
}
