/** Stage 1: reads all manifests and reports all errors of all of them together. */
import { realpathSync } from "node:fs";
import { relative } from "node:path";
import { Collector } from "../evaluate/collector.js";
import { createEvaluator } from "../evaluate/evaluate.js";
import type { Evaluated, Path } from "../evaluate/evaluated.js";
import { validate } from "../evaluate/validate.js";
import { type Location, throwAll, UserError } from "../errors.js";
import { declare, type Defaults } from "./declare.js";
import { byName, type Declared } from "./declared.js";
import { findManifests } from "./find-manifests.js";
import { ManifestArtifact } from "./schema.js";

export interface LoadOptions {
  /** Absolute path of the repository; nothing outside is read. */
  readonly root: string;
  /** The manifest folder, relative to `root`. */
  readonly folder: string;
  readonly defaults: Defaults;
  /** Takes the artifacts of each file as soon as that is read, so that no two files need be in memory. */
  readonly take?: ((artifacts: readonly Declared[]) => void) | undefined;
}

export interface LoadResult {
  /** Sorted by name; none when they were taken before. */
  readonly artifacts: readonly Declared[];
  /** Text by absolute path of every file that was read: manifests and what they import, for the type check. */
  readonly sources: ReadonlyMap<string, string>;
}

/** @throws UserError or UserErrors with everything that is wrong in the manifests, each with its place */
export function loadManifests({ root, folder, defaults, take }: LoadOptions): LoadResult {
  const files = findManifests(root, folder);
  const evaluator = createEvaluator(root);
  const errors = new Collector();
  const artifacts: Declared[] = [];
  const names: Named[] = [];
  const withoutExport: string[] = [];
  for (const file of files) {
    errors.attempt(() => {
      const evaluated = evaluator.evaluate(file);
      if (evaluated === undefined) {
        withoutExport.push(file);
        return;
      }
      const own = declareAll(evaluated, defaults, errors);
      names.push(...own.map(({ name, at }) => ({ name, at })));
      if (take === undefined) artifacts.push(...own);
      else take(own);
    });
  }
  for (const error of duplicates(names, realpathSync(root))) errors.add(error);
  // A file that could not be read may have been the one that imports these.
  const unused = errors.errors.length > 0 ? [] : withoutExport.filter((file) => !evaluator.isImported(file));
  for (const file of unused) errors.add(nothingExported(file));
  throwAll([...errors.errors].sort(inReadingOrder));
  return { artifacts: artifacts.sort(byName), sources: evaluator.sources };
}

/** The artifacts of one file that are right; what is wrong with the others goes to `errors`. */
function declareAll(evaluated: Evaluated, defaults: Defaults, errors: Collector): readonly Declared[] {
  const paths: readonly Path[] = Array.isArray(evaluated.value)
    ? evaluated.value.map((_, index) => [index])
    : [[]];
  return paths.flatMap((path) => {
    const declared = errors.attempt(() =>
      declare(validate(evaluated, ManifestArtifact, path), { evaluated, path }, defaults),
    );
    return declared === undefined ? [] : [declared];
  });
}

type Named = Pick<Declared, "name" | "at">;

/** Names are files and attributes: they must differ also where case does not count. */
function duplicates(artifacts: readonly Named[], root: string): readonly UserError[] {
  const first = new Map<string, Named>();
  return artifacts.flatMap((artifact) => {
    const key = artifact.name.toLowerCase();
    const other = first.get(key);
    if (other !== undefined) return [duplicate(artifact, other, root)];
    first.set(key, artifact);
    return [];
  });
}

function duplicate(artifact: Named, other: Named, root: string): UserError {
  const same = artifact.name === other.name;
  const message = same
    ? `the name ${artifact.name} is declared twice: here and in ${placeText(other.at, root)}`
    : `the names ${artifact.name} and ${other.name} (${placeText(other.at, root)}) differ only in case`;
  return new UserError("DUPLICATE_NAME", message, { hint: "rename one of them", at: artifact.at });
}

function placeText({ file, line, column }: Location, root: string): string {
  return `${relative(root, file)}:${line}:${column}`;
}

function nothingExported(file: string): UserError {
  return new UserError("NO_DEFAULT_EXPORT", "this file exports no artifact and no manifest imports it", {
    hint: "add export default defineArtifact({ … }), or remove the file",
    at: { file, line: 1, column: 1 },
  });
}

function inReadingOrder({ at: a }: UserError, { at: b }: UserError): number {
  if (a === undefined || b === undefined) return Number(b === undefined) - Number(a === undefined);
  if (a.file !== b.file) return a.file < b.file ? -1 : 1;
  return a.line - b.line || a.column - b.column;
}
