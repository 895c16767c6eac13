/** One download for the variants that need its bytes, and what can be said when it fails. */
import { UserError, userErrorsOf } from "./errors.js";
import { listArchive } from "./gitlab/archive-listing.js";
import { CannotContinue } from "./gitlab/download.js";
import type { GitLab } from "./gitlab/gitlab.js";
import { GitLabError } from "./gitlab/gitlab-error.js";
import { hash, type HashOutcome } from "./hash/hash.js";
import type { PipelineContext } from "./pipeline-context.js";
import { expiredSince } from "./resolve/availability.js";
import { explainMissingFile } from "./resolve/missing-file.js";
import type { Resolved } from "./resolve/resolved.js";

/** Of one download that breaks off and cannot be taken up where it ended. */
const MOST_RESTARTS = 2;

/**
 * @param variants of the same URL
 * @throws whatever is no fault of the user's or GitLab's, and the reason when the run was given up
 */
export async function hashGroup(
  variants: readonly Resolved[],
  context: PipelineContext,
): Promise<HashOutcome[]> {
  context.signal.throwIfAborted();
  try {
    return await download(variants, context);
  } catch (error) {
    if (context.signal.aborted || userErrorsOf(error) === undefined) throw error;
    const names = isMissingFile(error) ? await namesBeside(variants, context.gitlab) : undefined;
    return variants.map((variant) => ({ variant, error: explain(error, variant, names) }));
  }
}

async function download(
  variants: readonly Resolved[],
  { gitlab, terminal, signal, maxUnpackedBytes }: PipelineContext,
): Promise<HashOutcome[]> {
  const label = labelOf(variants);
  const onProgress = (progress: { received: number; size: number | undefined }) =>
    terminal.transfer({ label, received: progress.received, total: progress.size });
  try {
    return await beginningAnew(() => hash(variants, { gitlab, signal, maxUnpackedBytes, onProgress }));
  } finally {
    terminal.transferred(label);
  }
}

/** No two downloads have the same: each variant is of one. */
function labelOf([first, ...others]: readonly Resolved[]): string {
  const more = others.length === 0 ? "" : ` +${others.length}`;
  return first === undefined ? "" : `${first.artifact} (${first.system})${more}`;
}

/** Files that GitLab takes out of an archive come without a range and without a name for the object. */
async function beginningAnew<T>(download: () => Promise<T>): Promise<T> {
  for (let restarts = 0; ; restarts++) {
    try {
      return await download();
    } catch (error) {
      if (!(error instanceof CannotContinue) || restarts === MOST_RESTARTS) throw error;
    }
  }
}

function isMissingFile(error: unknown): boolean {
  return error instanceof GitLabError && error.code === "GITLAB_FILE_NOT_FOUND";
}

/** What is in the archive that has no such file. All of `variants` are of one job. */
async function namesBeside([first]: readonly Resolved[], gitlab: GitLab) {
  return first === undefined ? undefined : listArchive(gitlab, { ...first, instance: first.gitlab });
}

/** What the manifest's author can do about a download that was refused. */
function explain(error: unknown, resolved: Resolved, names: readonly string[] | undefined): UserError {
  if (!(error instanceof UserError)) throw error;
  if (!(error instanceof GitLabError)) return error;
  if (isMissingFile(error)) return explainMissingFile(resolved, names);
  const expired = error.code === "GITLAB_ARTIFACTS_NOT_FOUND" ? expiredSince(resolved) : undefined;
  const { code, message, hint } = error;
  return expired ?? new UserError(code, message, { hint, at: resolved.at.job, cause: error });
}
