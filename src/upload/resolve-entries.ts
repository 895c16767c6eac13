import pLimit from "p-limit";
import type { Nix } from "../store/nix.js";
import type { PathInfo } from "../store/path-info.js";
import type { Entry } from "./spool.js";

export interface ResolveOptions {
  readonly nix: Nix;
  readonly signal?: AbortSignal | undefined;
  /** Called with what will not be uploaded. */
  readonly drop: (path: string, reason: string) => void;
}

export interface ResolvedEntries {
  /** Valid store paths by entry. */
  readonly meant: ReadonlyMap<string, readonly string[]>;
  /** Facts of these paths and of all that they refer to. */
  readonly infos: readonly PathInfo[];
}

const DERIVATIONS_AT_ONCE = 4;

/**
 * What entries mean, now: where one does not name paths, the outputs of its derivation. What the garbage collector took is dropped.
 *
 * @throws UserError when Nix fails
 */
export async function resolveEntries(
  entries: readonly Entry[],
  { nix, signal, drop }: ResolveOptions,
): Promise<ResolvedEntries> {
  const derivations = entries.flatMap(({ paths, derivation }) =>
    paths.length === 0 && derivation !== undefined ? [derivation] : [],
  );
  const gone = await nix.missing([...new Set(derivations)], signal);
  const limit = pLimit(DERIVATIONS_AT_ONCE);
  const named = await Promise.all(
    entries.map(async ({ name, paths, derivation }): Promise<[string, readonly string[]]> => {
      if (paths.length > 0) return [name, paths];
      if (derivation === undefined) drop(name, "the entry names no store path");
      else if (gone.has(derivation)) drop(derivation, "collected as garbage before its outputs were known");
      else return [name, await limit(() => nix.outputs(derivation, signal))];
      return [name, []];
    }),
  );
  const all = [...new Set(named.flatMap(([, paths]) => paths))];
  const collected = await nix.missing(all, signal);
  for (const path of collected) drop(path, "collected as garbage before it was uploaded");
  const meant = new Map(named.map(([name, paths]) => [name, paths.filter((path) => !collected.has(path))]));
  return { meant, infos: await nix.closure([...new Set([...meant.values()].flat())], signal) };
}
