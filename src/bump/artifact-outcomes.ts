/** A run told by artifact: what became of each that the bot looks after, and which errors are its own. Pure. */
import { withoutRepeats, type UserError } from "../errors.js";
import { explainHeld } from "./beyond.js";
import { explainRefusal } from "./policy.js";
import type { Tended } from "./tend.js";
import type { Topic } from "./topic.js";

export interface ArtifactOutcome {
  readonly artifact: string;
  /** In a word or two, as `--json` has it; `planned` for a dry run. */
  readonly outcome: string;
  /** Merge request that it is part of. */
  readonly request: { readonly iid: number; readonly url: string } | undefined;
  /** What else there is to know, one line each. The texts may hold words of others, and are not escaped. */
  readonly notes: readonly string[];
  /** Its own, and those of its merge request. An artifact with any has failed. */
  readonly errors: readonly UserError[];
}

/** One for each artifact, by name. Those that share a merge request share what became of it. */
export function outcomesOf(tended: Tended): readonly ArtifactOutcome[] {
  const byArtifact = new Map<string, ArtifactOutcome>();
  for (const artifact of tended.artifacts)
    byArtifact.set(artifact, { artifact, outcome: "up to date", request: undefined, notes: [], errors: [] });
  for (const told of toldByTopic(tended)) {
    const { topic, ...became } = told;
    for (const { artifact } of topic.changes) byArtifact.set(artifact, { artifact, ...became });
  }
  return [...byArtifact.values()]
    .map((one) => withOwn(one, tended))
    .toSorted((a, b) => (a.artifact < b.artifact ? -1 : 1));
}

/** Errors that belong to no artifact, such as one of the dashboard. */
export function otherErrors(tended: Tended): readonly UserError[] {
  const told = new Set(outcomesOf(tended).flatMap(({ errors }) => errors));
  return withoutRepeats(tended.errors.filter((error) => !told.has(error)));
}

type Told = Omit<ArtifactOutcome, "artifact"> & { readonly topic: Topic };

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

function withOwn(one: ArtifactOutcome, { plan, held, failed }: Tended): ArtifactOutcome {
  const own = failed.get(one.artifact) ?? [];
  const refusals = plan.waiting
    .flatMap((waiting) => waiting.refusals ?? [])
    .filter(({ artifact }) => artifact === one.artifact);
  const notes = [
    ...one.notes,
    ...refusals.map(explainRefusal),
    ...held.filter(({ artifact }) => artifact === one.artifact).map(explainHeld),
  ];
  const errors = withoutRepeats([...own, ...one.errors]);
  return { ...one, notes, errors, outcome: own.length > 0 ? "failed" : one.outcome };
}
