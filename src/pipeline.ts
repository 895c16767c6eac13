/**
 * manifest ─► resolve ─► hash ─► lock: the line that every new lock goes through, for people and for the bot.
 * What follows the lock (generate) reads nothing but the lock.
 */
import pLimit from "p-limit";
import { UserError, userErrorsOf } from "./errors.js";
import { CannotContinue } from "./gitlab/download.js";
import { GitLabError } from "./gitlab/gitlab-error.js";
import type { GitLab } from "./gitlab/gitlab.js";
import { hash } from "./hash/hash.js";
import type { Digests, Hashed } from "./hash/hashed.js";
import { createLock } from "./lock/create.js";
import { digestsKnownTo, lockedEntryOf } from "./lock/reuse.js";
import type { Lock } from "./lock/schema.js";
import type { Declared } from "./manifest/declared.js";
import { expiredSince } from "./resolve/availability.js";
import { explainMissingFile } from "./resolve/missing-file.js";
import { resolve } from "./resolve/resolve.js";
import type { Resolved } from "./resolve/resolved.js";
import type { Terminal } from "./terminal/terminal.js";

/** Downloads at a time; more only makes each slower. */
const DOWNLOADS = 8;
/** Of one download that breaks off and cannot be taken up where it ended. */
const MOST_RESTARTS = 2;

export interface PipelineContext {
  readonly gitlab: GitLab;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
  /** As in the configuration. */
  readonly maxUnpackedBytes?: number | undefined;
}

export interface Relocked {
  readonly lock: Lock;
  /** Variants whose bytes were downloaded. */
  readonly downloaded: number;
  /** One for each variant that failed; its artifact's entry is as it was. */
  readonly errors: readonly UserError[];
  /** Names of the artifacts that they belong to. */
  readonly failed: ReadonlySet<string>;
}

interface RelockRequest {
  readonly declared: readonly Declared[];
  /** Artifacts to work on; the others keep their entries. */
  readonly names: ReadonlySet<string>;
  readonly previous: Lock;
  /** Download again what is locked already, and refuse other bytes under the same job. */
  readonly rehash: boolean;
}

/** The newest lock for the declared artifacts. Downloads only what the lock does not know. */
export async function relock(request: RelockRequest, context: PipelineContext): Promise<Relocked> {
  const { resolved, errors, failed } = await resolveAll(request, context);
  const hashed = await hashAll(resolved, request, context);
  return {
    lock: createLock(request.declared, hashed.hashed, request.previous),
    downloaded: hashed.downloaded,
    errors: [...errors, ...hashed.errors],
    failed: new Set([...failed, ...hashed.failed]),
  };
}

/** What each selected variant means now; asks GitLab, downloads nothing. */
export async function resolveAll(
  { declared, names, previous }: Omit<RelockRequest, "rehash">,
  { gitlab, terminal }: PipelineContext,
): Promise<{ resolved: Resolved[]; errors: UserError[]; failed: string[] }> {
  const variants = declared.filter(({ name }) => names.has(name)).flatMap((artifact) => artifact.variants);
  terminal.step(`resolving ${variants.length} variants`);
  const outcomes = await resolve(variants, {
    gitlab,
    previous: (variant) => lockedEntryOf(previous, variant),
    onWarning: ({ message }) => terminal.warn(message),
  });
  return {
    resolved: outcomes.flatMap((outcome) => ("resolved" in outcome ? [outcome.resolved] : [])),
    errors: outcomes.flatMap((outcome) => ("error" in outcome ? [outcome.error] : [])),
    failed: outcomes.flatMap((outcome) => ("error" in outcome ? [outcome.variant.artifact] : [])),
  };
}

async function hashAll(
  resolved: readonly Resolved[],
  { previous, rehash }: RelockRequest,
  context: PipelineContext,
): Promise<{ hashed: Hashed[]; downloaded: number; errors: UserError[]; failed: string[] }> {
  const hashed: Hashed[] = [];
  const unknown: Resolved[] = [];
  const knownDigests = digestsKnownTo(previous);
  for (const one of resolved) {
    const digests = rehash ? undefined : knownDigests(one);
    if (digests === undefined) unknown.push(one);
    else hashed.push({ ...one, ...digests });
  }
  const errors: UserError[] = [];
  const failed: string[] = [];
  const limit = pLimit(DOWNLOADS);
  const fresh = await Promise.all(
    bySameBytes(unknown).map((group) =>
      limit(() => hashGroup(group, context)).catch((error: unknown) => {
        const own = userErrorsOf(error);
        if (own === undefined || context.signal.aborted) throw error;
        errors.push(...own);
        failed.push(...group.map(({ artifact }) => artifact));
        return [];
      }),
    ),
  );
  return { hashed: [...hashed, ...fresh.flat()], downloaded: fresh.flat().length, errors, failed };
}

/** Variants that mean the same store path of the same bytes (one archive for several systems) are downloaded once. */
function bySameBytes(resolved: readonly Resolved[]): Resolved[][] {
  const groups = new Map<string, Resolved[]>();
  for (const one of resolved) {
    const key = JSON.stringify([one.url, one.form, one.storeName]);
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  return [...groups.values()];
}

async function hashGroup(group: readonly Resolved[], context: PipelineContext): Promise<Hashed[]> {
  const [first] = group;
  if (first === undefined) return [];
  const digests = await digest(first, context);
  return group.map((one) => ({ ...one, ...digests }));
}

async function digest(resolved: Resolved, context: PipelineContext): Promise<Digests> {
  const { gitlab, terminal, signal, maxUnpackedBytes } = context;
  const label = `${resolved.artifact} (${resolved.system})`;
  try {
    const {
      size,
      hash: sri,
      narHash,
      narSize,
      storePath,
    } = await beginningAnew(() =>
      hash(resolved, {
        gitlab,
        signal,
        maxUnpackedBytes,
        onProgress: ({ received, size: total }) => terminal.transfer({ label, received, total }),
      }),
    );
    return { size, hash: sri, narHash, narSize, storePath };
  } catch (error) {
    throw await explainDownload(error, resolved, gitlab);
  } finally {
    terminal.transferred(label);
  }
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

/** What the manifest's author can do about a download that GitLab refused. */
async function explainDownload(error: unknown, resolved: Resolved, gitlab: GitLab): Promise<unknown> {
  if (!(error instanceof GitLabError)) return error;
  if (error.code === "GITLAB_FILE_NOT_FOUND") return explainMissingFile(gitlab, resolved);
  const expired = error.code === "GITLAB_ARTIFACTS_NOT_FOUND" ? expiredSince(resolved) : undefined;
  const { code, message, hint } = error;
  return expired ?? new UserError(code, message, { hint, at: resolved.at.job, cause: error });
}
