import { UserError } from "../errors.js";
import type { Lock, LockedArtifact } from "../lock/schema.js";
import { byName } from "./artifact-data.js";
import { dataFileNames, dataFiles } from "./data-files.js";
import type { GeneratedFile } from "./generated-file.js";
import { NixPath, printNix, type NixValue } from "./nix-value.js";
import { renderFile, renderOverlay, renderSources } from "./render.js";

export interface GenerateOptions {
  /** Attribute of the package set that holds the artifacts; null: the package set itself. */
  readonly namespace: string | null;
  /** Base URL of the proxy that `proxy` derivations ask. */
  readonly proxy: string;
  /** What `readNixLibrary` returns. */
  readonly library: readonly GeneratedFile[];
}

/**
 * The overlay of a lock and all files that it needs, sorted by path. Depends on nothing but its arguments.
 *
 * @returns every file that the output folder should hold: others there are left from artifacts that are gone
 * @throws UserError when two artifacts would be one file where case does not count
 */
export function generate(lock: Lock, options: GenerateOptions): GeneratedFile[] {
  const artifacts = byName(lock.artifacts);
  const names = artifacts.map(([name]) => name);
  refuseNamesThatDifferInCase(names);

  const fileNames = dataFileNames(names);
  const expressions: readonly GeneratedFile[] = [
    { path: "index.nix", text: printNix(indexData(artifacts, fileNames, options.proxy)) },
    { path: "overlay.nix", text: renderOverlay({ namespace: printNix(options.namespace, 2) }) },
    { path: "sources.nix", text: renderSources({}) },
    ...options.library,
  ];
  const files = expressions.map(({ path, text }) => ({ path, text: renderFile({ body: text.trimEnd() }) }));
  return [...files, ...dataFiles(artifacts, fileNames)].sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** What `index.nix` holds: all that is read to know which names there are. */
function indexData(
  artifacts: readonly [string, LockedArtifact][],
  fileNames: ReadonlyMap<string, string>,
  proxy: string,
): NixValue {
  return {
    proxy: proxy.replace(/\/+$/, ""),
    artifacts: new NixPath("./artifacts"),
    provenance: new NixPath("./provenance"),
    files: Object.fromEntries(fileNames),
    groups: Object.fromEntries(byName(groupsOf(artifacts))),
  };
}

/** Names of artifacts by group, sorted. */
function groupsOf(artifacts: readonly [string, LockedArtifact][]): Record<string, string[]> {
  const groups: Record<string, string[]> = {};
  for (const [name, { groups: own = [] }] of artifacts) {
    for (const group of own) (groups[group] ??= []).push(name);
  }
  return groups;
}

function refuseNamesThatDifferInCase(names: readonly string[]): void {
  const seen = new Map<string, string>();
  for (const name of names) {
    const other = seen.get(name.toLowerCase());
    if (other !== undefined) {
      throw new UserError(
        "GENERATE_NAMES_DIFFER_IN_CASE",
        `The artifacts "${other}" and "${name}" differ only in case, so that macOS would keep them in one file.`,
        { hint: `Rename one of them in its manifest, then run: artifacts lock` },
      );
    }
    seen.set(name.toLowerCase(), name);
  }
}
