/**
 * Resolved → `Hashed`, for many: what the lock knows is taken over, the rest is downloaded. Each URL is read once, whoever needs it;
 * the biggest begin, so that none of them is alone at the end. What fails does not touch the others.
 */
import { UserError, userErrorsOf } from "./errors.js";
import { listArchive } from "./gitlab/archive-listing.js";
import { CannotContinue } from "./gitlab/download.js";
import type { GitLab } from "./gitlab/gitlab.js";
import { GitLabError } from "./gitlab/gitlab-error.js";
import { hash, type HashOutcome } from "./hash/hash.js";
import type { Hashed } from "./hash/hashed.js";
import { limitPerHost } from "./host-limit.js";
import { digestsKnownTo, lockedVariantOf } from "./lock/reuse.js";
import type { Lock, LockedVariant } from "./lock/schema.js";
import type { PipelineContext } from "./pipeline-context.js";
import { expiredSince } from "./resolve/availability.js";
import { explainMissingFile } from "./resolve/missing-file.js";
import type { Resolved } from "./resolve/resolved.js";
import { withStatements } from "./runner-statement.js";

/** Of one download that breaks off and cannot be taken up where it ended. */
const MOST_RESTARTS = 2;

export interface HashAllRequest {
  readonly previous: Lock;
  /** Download again what is locked already. */
  readonly rehash: boolean;
}

export interface HashedAll {
  readonly hashed: readonly Hashed[];
  /** Variants whose bytes were downloaded. */
  readonly downloaded: number;
  readonly failures: readonly VariantFailure[];
}

/** What is wrong with one variant of an artifact. */
export interface VariantFailure {
  readonly artifact: string;
  readonly error: UserError;
}

export async function hashAll(
  resolved: readonly Resolved[],
  request: HashAllRequest,
  context: PipelineContext,
): Promise<HashedAll> {
  const { known, groups } = split(resolved, request);
  if (groups.length > 0) context.terminal.plan(planOf(groups, known.length));
  const limit = limitPerHost();
  const wanted = (one: Resolved) =>
    context.runnerStatements === true || hasStatement(lockedVariantOf(request.previous, one));
  const withStatement = withStatements(groups.flatMap(({ variants }) => variants).filter(wanted), context);
  const running = groups.map(({ url, variants }) =>
    limit(url, () => settle(variants, context)).then(withStatement),
  );
  await Promise.allSettled(running); // so that nothing is left on the disk when one has given up
  const outcomes = (await Promise.all(running)).flat();
  const fresh = outcomes.flatMap((one) => ("hashed" in one ? [one.hashed] : []));
  return {
    hashed: [...known, ...fresh],
    downloaded: fresh.length,
    failures: outcomes.flatMap((one) =>
      "error" in one ? [{ artifact: one.variant.artifact, error: one.error }] : [],
    ),
  };
}

/** Whoever set his runners up to write statements goes on with that. */
function hasStatement(locked: LockedVariant | undefined): boolean {
  return locked?.provenance?.statement !== undefined;
}

/** Variants of the same bytes. */
interface Group {
  readonly url: string;
  /** Bytes; undefined when neither GitLab nor the lock gives an idea. */
  readonly size: number | undefined;
  readonly variants: readonly Resolved[];
}

function split(
  resolved: readonly Resolved[],
  { previous, rehash }: HashAllRequest,
): { known: Hashed[]; groups: Group[] } {
  const known: Hashed[] = [];
  const byUrl = new Map<string, Resolved[]>();
  const knownDigests = digestsKnownTo(previous);
  for (const one of resolved) {
    const digests = knownDigests(one);
    if (digests !== undefined && !rehash) {
      known.push({ ...one, ...digests });
      continue;
    }
    // Whatever is other than what is locked is told of as that.
    const wanted = digests === undefined ? one : { ...one, declaredSize: undefined };
    byUrl.set(one.url, [...(byUrl.get(one.url) ?? []), wanted]);
  }
  const groups = [...byUrl].map(([url, variants]) => ({ url, variants, size: sizeOf(variants, previous) }));
  return { known, groups: groups.sort((a, b) => (b.size ?? -1) - (a.size ?? -1)) };
}

/** What GitLab declares, or else what there was the last time. */
function sizeOf(variants: readonly Resolved[], previous: Lock): number | undefined {
  const sizes = variants.map((one) => one.declaredSize ?? lockedVariantOf(previous, one)?.size);
  return sizes.find((size) => size !== undefined);
}

function planOf(groups: readonly Group[], unchanged: number) {
  const sizes = groups.flatMap(({ size }) => size ?? []);
  const bytes = sizes.length < groups.length ? undefined : sizes.reduce((sum, size) => sum + size, 0);
  return { downloads: groups.length, bytes, unchanged };
}

/** @throws whatever is no fault of the user's or GitLab's, and the reason when the run was given up */
async function settle(variants: readonly Resolved[], context: PipelineContext): Promise<HashOutcome[]> {
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
