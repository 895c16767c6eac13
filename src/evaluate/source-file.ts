/** Reads files for the evaluator: regular files of bounded size inside the root, wherever a path or link may point. */
import { readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, isAbsolute, relative, sep } from "node:path";
import { type Location, UserError } from "../errors.js";
import { nearest } from "./nearest.js";

/** Bytes. A manifest of ten thousand lines stays below. */
const LARGEST_FILE = 1_048_576;

/**
 * The path of an existing file with every symbolic link followed.
 *
 * @param root real path of the folder that must not be left
 * @param at where the file is asked for, for messages
 * @throws UserError MANIFEST_IMPORT when there is no such file, or when it is outside `root`
 */
export function realFile(root: string, file: string, at: Location | undefined): string {
  if (!isInside(root, file)) throw outside(root, file, at);
  let real: string;
  try {
    real = realpathSync(file);
  } catch (error) {
    throw missing(root, file, { at, cause: error });
  }
  if (!isInside(root, real)) throw outside(root, file, at);
  return real;
}

/** True when `path` is `root` or below it; both absolute. */
export function isInside(root: string, path: string): boolean {
  const way = relative(root, path);
  return !isAbsolute(way) && way !== ".." && !way.startsWith(`..${sep}`);
}

function outside(root: string, file: string, at: Location | undefined): UserError {
  const message = `${relative(root, file)} leads out of the repository (${root})`;
  return new UserError("MANIFEST_OUTSIDE", message, { hint: "keep what manifests need beside them", at });
}

function missing(
  root: string,
  file: string,
  details: { at: Location | undefined; cause: unknown },
): UserError {
  const near = nearest(basename(file, ".ts"), siblings(dirname(file)));
  return new UserError("MANIFEST_IMPORT", `there is no file ${relative(root, file)}`, {
    hint: near === undefined ? "correct the path, or create the file" : `did you mean ${near}.ts?`,
    ...details,
  });
}

/** The TypeScript files of a folder, without their ending. */
function siblings(folder: string): readonly string[] {
  try {
    return readdirSync(folder).flatMap((name) => (name.endsWith(".ts") ? [basename(name, ".ts")] : []));
  } catch {
    return [];
  }
}

/** @throws UserError MANIFEST_UNREADABLE */
export function readSource(file: string, at: Location | undefined): string {
  try {
    const stats = statSync(file);
    if (!stats.isFile()) throw unreadable(file, "it is not a regular file", at);
    if (stats.size > LARGEST_FILE) throw unreadable(file, `it is larger than ${LARGEST_FILE} bytes`, at);
    return readFileSync(file, "utf8");
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw unreadable(file, error instanceof Error ? error.message : String(error), at);
  }
}

function unreadable(file: string, why: string, at: Location | undefined): UserError {
  return new UserError("MANIFEST_UNREADABLE", `cannot read ${file}: ${why}`, {
    hint: "make it a readable TypeScript file",
    at,
  });
}
