/** A consumer's repository as the commands see it: configuration, manifests and lock. */
import { join } from "node:path";
import { distance } from "fastest-levenshtein";
import type { Config } from "./config/config.js";
import { loadConfig } from "./config/load.js";
import { UserError } from "./errors.js";
import { readLock } from "./lock/read.js";
import type { Lock } from "./lock/schema.js";
import type { LoadResult } from "./manifest/load.js";

export interface Project {
  readonly config: Config;
  /** Absolute path of the lockfile. */
  readonly lockFile: string;
  /** Absolute path of the folder of the generated files. */
  readonly output: string;
}

export async function openProject(directory: string): Promise<Project> {
  const config = await loadConfig(directory);
  return { config, lockFile: join(config.root, config.lock), output: join(config.root, config.output) };
}

/**
 * All declared artifacts, and the text of the files that declare them.
 *
 * @throws UserErrors with every problem of every manifest
 */
export async function readManifests({ config }: Project): Promise<LoadResult> {
  const { loadManifests } = await import("./manifest/load.js");
  const { root, manifests: folder, gitlab, fetch } = config;
  return loadManifests({ root, folder, defaults: { gitlab, fetch } });
}

export function readProjectLock({ lockFile }: Project): Promise<Lock> {
  return readLock(lockFile);
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
