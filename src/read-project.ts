/** Configuration and, when wanted, manifests of a repository, evaluated. */
import type { Config } from "./config/config.js";
import { loadConfig } from "./config/load.js";
import { loadManifests, type LoadOptions, type LoadResult } from "./manifest/load.js";

export interface ReadRequest {
  /** Absolute path; the configuration is looked for in it and above. */
  readonly directory: string;
  readonly manifests: boolean;
}

export interface ReadProject {
  readonly config: Config;
  /** Without artifacts when they were not wanted. */
  readonly manifests: LoadResult;
}

/**
 * @param take as `LoadOptions` has it
 * @throws UserErrors with everything that is wrong in the configuration, or else in the manifests
 */
export async function readProject(
  { directory, manifests }: ReadRequest,
  take?: LoadOptions["take"],
): Promise<ReadProject> {
  const config = await loadConfig(directory);
  if (!manifests) return { config, manifests: { artifacts: [], sources: new Map() } };
  return { config, manifests: readManifests(config, take) };
}

/** @throws UserErrors with everything that is wrong in the manifests */
export function readManifests(config: Config, take?: LoadOptions["take"]): LoadResult {
  const { root, manifests: folder, gitlab, fetch } = config;
  return loadManifests({ root, folder, defaults: { gitlab, fetch }, take });
}
