/**
 * FIRST in a run: what a target branch declares and has locked, what its lock would be now, and the topics that the difference makes.
 * Nothing here writes to GitLab. This file: a target branch → what is locked there, and its lock as it would be now.
 */
import type { Bump } from "../../config/bump.js";
import { UserError } from "../../errors.js";
import type { Lock } from "../../lock/schema.js";
import type { PipelineContext } from "../../pipeline-context.js";
import { relock, type ErrorsByArtifact } from "../../pipeline.js";
import type { AllowedSources } from "./allowed-sources.js";
import { reachBeyond, type Held } from "./beyond.js";
import { inRepository, toldInRepository } from "./in-repository.js";
import type { ManifestEdit } from "./manifest-edit.js";
import { ruleOf } from "./rules.js";
import type { Snapshot } from "./snapshot.js";
import type { Target } from "./target.js";

export interface Renewed {
  readonly target: Target;
  readonly snapshot: Snapshot;
  readonly lock: Lock;
  /** Names of the artifacts that are looked after. */
  readonly artifacts: readonly string[];
  readonly errors: readonly UserError[];
  /** The same, by the artifact that they belong to. */
  readonly failed: ErrorsByArtifact;
  /** Edits of manifests that the renewed lock rests on, by artifact. */
  readonly edits: ReadonlyMap<string, ManifestEdit>;
  /** Versions beyond their range that the bot cannot take. */
  readonly held: readonly Held[];
}

/** What reports tell of a target, besides its merge requests. */
export interface TargetFacts extends Pick<Renewed, "target" | "artifacts" | "failed"> {
  /** What is locked there. */
  readonly lock: Lock;
}

export interface RenewOptions {
  readonly target: Target;
  readonly snapshot: Snapshot;
  /** The rules, which are those of the default branch for every target. */
  readonly bump: Bump;
  /** The renewed lock of the default branch: what it holds is not downloaded for another target. */
  readonly known: Lock | undefined;
  /** Where artifacts may come from; undefined: from anywhere. */
  readonly allowed: AllowedSources | undefined;
}

/** @throws whatever `relock` throws; a failure of one artifact is among the errors of the answer */
export async function renew(
  { target, snapshot, bump, known, allowed }: RenewOptions,
  context: PipelineContext,
): Promise<Renewed> {
  const { branch } = target;
  const wanted = snapshot.declared.filter(({ name }) => !ruleOf(bump, name, branch).ignore);
  const refusals = await allowed?.refusals(wanted, snapshot.lock);
  const refused = new Set(refusals?.keys());
  const { declared, edits, held } = await reachBeyond({ snapshot, bump, target: branch, refused }, context);
  const names = wanted.map(({ name }) => name);
  const asked = new Set(names.filter((name) => !refused.has(name)));
  const { root } = snapshot.project.config;
  const relocked = await inRepository(root, () =>
    relock({ declared, names: asked, previous: snapshot.lock, known, rehash: false }, context),
  );
  const errors = [...(refusals?.values() ?? []), ...relocked.errors];
  const failed = [...(refusals ?? [])].map(([name, error]) => [name, [error]] as const);
  const told = new Map(errors.map((error) => [error, onTarget(toldInRepository(error, root), target)]));
  const own = (some: readonly UserError[]) => some.flatMap((error) => told.get(error) ?? []);
  return {
    target,
    snapshot,
    lock: relocked.lock,
    artifacts: names,
    errors: own(errors),
    failed: new Map([...failed, ...relocked.failed].map(([name, some]) => [name, own(some)])),
    edits,
    held,
  };
}

/** Which branch it is about, unless that goes without saying. */
export function onTarget(error: UserError, { branch, isDefault }: Target): UserError {
  if (isDefault) return error;
  const { code, message, hint, at, exitCode } = error;
  return new UserError(code, `${branch}: ${message}`, { hint, at, exitCode, cause: error });
}
