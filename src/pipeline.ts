/**
 * manifest ─► resolve ─► hash ─► lock: the line that every new lock goes through, for people and for the bot.
 * What follows the lock (generate) reads nothing but the lock.
 */
import { type UserError, UserErrors, userErrorsOf } from "./errors.js";
import { Hashing, type VariantFailure } from "./hash-all.js";
import { createLock } from "./lock/create.js";
import { lockedEntryOf } from "./lock/reuse.js";
import type { Lock } from "./lock/schema.js";
import type { Declared } from "./manifest/declared.js";
import type { PipelineContext } from "./pipeline-context.js";
import { type ResolveOptions, resolve } from "./resolve/resolve.js";
import type { Described } from "./resolve/resolved.js";

export interface Relocked {
  readonly lock: Lock;
  /** Variants whose bytes were downloaded. */
  readonly downloaded: number;
  /** One for each variant that failed; its artifact's entry is as it was. */
  readonly errors: readonly UserError[];
  /** The same, by the artifact that they belong to. */
  readonly failed: ErrorsByArtifact;
}

/** What is wrong with each artifact that failed; others are not there. */
export type ErrorsByArtifact = ReadonlyMap<string, readonly UserError[]>;

interface RelockRequest {
  readonly declared: readonly Declared[];
  /** Artifacts to work on; the others keep their entries. */
  readonly names: ReadonlySet<string>;
  readonly previous: Lock;
  /** Another lock, as trusted as `previous`, whose bytes need not be downloaded either. */
  readonly known?: Lock | undefined;
  /** Download again what is locked already, and refuse other bytes under the same job. */
  readonly rehash: boolean;
}

/**
 * The newest lock for the declared artifacts. Downloads only what the lock does not know, while others are still resolved and
 * GitLab is asked for what else is to be locked.
 */
export async function relock(request: RelockRequest, context: PipelineContext): Promise<Relocked> {
  const hashing = new Hashing(request, context);
  const resolving = resolveAll(request, context, {
    onProject: (resolved) => hashing.add(resolved),
    onLastProject: () => hashing.begin(),
  });
  const { resolved, failures } = await resolving.catch(async (error: unknown) => {
    await hashing.stop();
    throw error;
  });
  const hashed = await hashing.finish(resolved);
  const all = [...failures, ...hashed.failures];
  const errors = all.map(({ error }) => error);
  return {
    lock: withErrors(errors, () => createLock(request.declared, hashed.hashed, request.previous)),
    downloaded: hashed.downloaded,
    errors,
    failed: byArtifact(all),
  };
}

function byArtifact(failures: readonly VariantFailure[]): ErrorsByArtifact {
  const found = new Map<string, UserError[]>();
  for (const { artifact, error } of failures) found.set(artifact, [...(found.get(artifact) ?? []), error]);
  return found;
}

/** What stops the run is told first, and the rest with it. */
function withErrors<T>(errors: readonly UserError[], use: () => T): T {
  try {
    return use();
  } catch (error) {
    const own = userErrorsOf(error);
    throw own === undefined ? error : new UserErrors([...own, ...errors]);
  }
}

/** What each selected variant means now; asks GitLab, downloads nothing. */
export async function resolveAll(
  { declared, names, previous }: Omit<RelockRequest, "rehash" | "known">,
  { gitlab, terminal }: PipelineContext,
  meanwhile: Pick<ResolveOptions, "onProject" | "onLastProject"> = {},
): Promise<{ resolved: Described[]; failures: VariantFailure[] }> {
  const variants = declared.filter(({ name }) => names.has(name)).flatMap((artifact) => artifact.variants);
  terminal.step(`resolving ${variants.length} variants`);
  const outcomes = await resolve(variants, {
    gitlab,
    previous: (variant) => lockedEntryOf(previous, variant),
    onWarning: ({ message }) => terminal.warn(message),
    ...meanwhile,
  });
  return {
    resolved: outcomes.flatMap((outcome) => ("resolved" in outcome ? [outcome.resolved] : [])),
    failures: outcomes.flatMap((outcome) =>
      "error" in outcome ? [{ artifact: outcome.variant.artifact, error: outcome.error }] : [],
    ),
  };
}
