import pLimit from "p-limit";
import type { Nix } from "../store/nix.js";
import type { PathInfo } from "../store/path-info.js";
import type { Entry } from "./spool.js";

export interface ResolveOptions {
  readonly nix: Nix;
  readonly signal?: AbortSignal | undefined;
}

export interface ResolvedEntries {
  /** Valid store paths by entry. */
  readonly meant: ReadonlyMap<string, readonly string[]>;
  /** Facts of these paths and of all that they refer to. */
  readonly infos: readonly PathInfo[];
  /** What will not be uploaded, with the reason. */
  readonly dropped: ReadonlyMap<string, string>;
}

const DERIVATIONS_AT_ONCE = 4;

/**
 * What entries mean, now: where one does not name paths, the outputs of its derivation. What the garbage collector took is dropped.
 *
 * @throws UserError when Nix fails
 */
export async function resolveEntries(
  entries: readonly Entry[],
  { nix, signal }: ResolveOptions,
): Promise<ResolvedEntries> {
  const derivations = entries.flatMap(({ paths, derivation }) =>
    paths.length === 0 && derivation !== undefined ? [derivation] : [],
  );
  const gone = await nix.missing([...new Set(derivations)], signal);
  const dropped = new Map<string, string>();
  const limit = pLimit(DERIVATIONS_AT_ONCE);
  const named = await Promise.all(
    entries.map(async ({ name, paths, derivation }): Promise<[string, readonly string[]]> => {
      if (paths.length > 0) return [name, paths];
      if (derivation === undefined) dropped.set(name, "the entry names no store path");
      else if (gone.has(derivation))
        dropped.set(derivation, "collected as garbage before its outputs were known");
      else return [name, await limit(() => nix.outputs(derivation, signal))];
      return [name, []];
    }),
  );
  const all = [...new Set(named.flatMap(([, paths]) => paths))];
  const collected = await nix.missing(all, signal);
  for (const path of collected) dropped.set(path, "collected as garbage before it was uploaded");
  const meant = new Map(named.map(([name, paths]) => [name, paths.filter((path) => !collected.has(path))]));
  const infos = await nix.closure([...new Set([...meant.values()].flat())], signal);
  return { meant, infos, dropped };
}
