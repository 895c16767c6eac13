/** A run told by artifact: what became of each that the bot looks after, and which errors are its own. Pure. */
import { withoutRepeats, type UserError } from "../errors.js";
import { explainHeld } from "./renew/beyond.js";
import type { TargetFacts } from "./renew/renew.js";
import type { Target } from "./renew/target.js";
import type { Topic } from "./renew/topic.js";
import { explainRefusal } from "./situation/policy.js";
import type { Tended } from "./tend.js";

export interface ArtifactOutcome {
  readonly artifact: string;
  /** The branch whose lock it is about. */
  readonly target: Target;
  /** In a word or two, as `--json` has it; `planned` for a dry run. */
  readonly outcome: string;
  /** Merge request that it is part of. */
  readonly request: { readonly iid: number; readonly url: string } | undefined;
  /** What else there is to know, one line each. The texts may hold words of others, and are not escaped. */
  readonly notes: readonly string[];
  /** Its own, and those of its merge request. An artifact with any has failed. */
  readonly errors: readonly UserError[];
}

/** One for each artifact of each target, by name. Those that share a merge request share what became of it. */
export function outcomesOf(tended: Tended): readonly ArtifactOutcome[] {
  const told = toldByTopic(tended);
  return tended.targets.flatMap((facts) => outcomesAt(facts, told, tended));
}

function outcomesAt(facts: TargetFacts, told: readonly Told[], tended: Tended): ArtifactOutcome[] {
  const { target } = facts;
  const byArtifact = new Map<string, ArtifactOutcome>();
  const idle = { target, outcome: "up to date", request: undefined, notes: [], errors: [] };
  for (const artifact of facts.artifacts) byArtifact.set(artifact, { artifact, ...idle });
  for (const { topic, ...became } of told.filter((one) => one.topic.target === target.branch))
    for (const { artifact } of topic.changes) byArtifact.set(artifact, { artifact, target, ...became });
  return [...byArtifact.values()]
    .map((one) => withOwn(one, facts, tended))
    .toSorted((a, b) => (a.artifact < b.artifact ? -1 : 1));
}

/** Errors that belong to no artifact, such as one of the dashboard. */
export function otherErrors(tended: Tended): readonly UserError[] {
  const told = new Set(outcomesOf(tended).flatMap(({ errors }) => errors));
  return withoutRepeats(tended.errors.filter((error) => !told.has(error)));
}

type Told = Omit<ArtifactOutcome, "artifact" | "target"> & { readonly topic: Topic };

function toldByTopic({ plan, applied }: Tended): Told[] {
  const waiting = plan.waiting.map(({ topic, why, request }): Told => {
    return { topic, outcome: why, request, notes: [], errors: [] };
  });
  const outcomes = new Map(applied.map((one) => [one.action, one]));
  const acted = plan.actions.flatMap((action): Told[] => {
    if (!("topic" in action)) return [];
    const { topic } = action;
    const done = outcomes.get(action);
    const request = done?.request ?? ("request" in action ? action.request : undefined);
    if (done === undefined) return [{ topic, outcome: "planned", request, notes: [action.kind], errors: [] }];
    const notes = done.detail === undefined ? [] : [done.detail];
    // What was done all the same is no failure of the artifact.
    const errors = done.outcome === "failed" ? done.errors : [];
    return [{ topic, outcome: done.outcome, request, notes, errors }];
  });
  return [...waiting, ...acted];
}

function withOwn(
  one: ArtifactOutcome,
  { target, failed }: TargetFacts,
  { plan, held }: Tended,
): ArtifactOutcome {
  const own = failed.get(one.artifact) ?? [];
  const refusals = plan.waiting
    .filter(({ topic }) => topic.target === target.branch)
    .flatMap((waiting) => waiting.refusals ?? [])
    .filter(({ artifact }) => artifact === one.artifact);
  const notes = [
    ...one.notes,
    ...refusals.map(explainRefusal),
    ...held.filter((it) => it.artifact === one.artifact && it.target === target.branch).map(explainHeld),
  ];
  const errors = withoutRepeats([...own, ...one.errors]);
  return { ...one, notes, errors, outcome: own.length > 0 ? "failed" : one.outcome };
}
