import { UserError } from "../errors.js";
import { jobAddress } from "../gitlab/web-address.js";
import { listNames, nearestFirst } from "./near-names.js";
import type { Resolved } from "./resolved.js";

/**
 * The error for a file that GitLab did not find in the archive of a job.
 *
 * @param names files that are there; undefined when they cannot be had
 */
export function explainMissingFile(resolved: Resolved, names: readonly string[] | undefined): UserError {
  const { file = "", job, jobName, projectPath } = resolved;
  const archive = `The archive of job ${job} "${jobName}" in ${projectPath}`;
  if (names?.includes(file) === true) {
    return new UserError(
      "RESOLVE_FILE_NOT_SERVED",
      `${archive} holds the file "${file}", but GitLab does not serve it alone.`,
      { at: resolved.at.file, hint: "leave the field file out to take the whole archive" },
    );
  }
  const page = { instance: resolved.gitlab, project: projectPath };
  const browse = `${jobAddress(page, job)}/artifacts/browse`;
  return new UserError("RESOLVE_NO_FILE", `${archive} has no file "${file}"${known(file, names)}.`, {
    at: resolved.at.file,
    hint: names === undefined ? `look at ${browse} for the path` : "write the path as the archive has it",
  });
}

function known(file: string, names: readonly string[] | undefined): string {
  if (names === undefined) return "";
  return names.length === 0 ? "; it is empty" : `; it has ${listNames(nearestPathFirst(file, names))}`;
}

/** A file of the same name in another folder is what was meant more often than a similar path. */
function nearestPathFirst(file: string, names: readonly string[]): readonly string[] {
  const nearest = nearestFirst(file, names);
  const sameName = (name: string) => baseName(name) === baseName(file);
  return [...nearest.filter(sameName), ...nearest.filter((name) => !sameName(name))];
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
