/** From the old lock and the new one to merge requests: look at what is there, plan, apply, and say so on the dashboard. */
import type { Bump } from "../config/bump.js";
import { userErrorsOf, type UserError } from "../errors.js";
import type { GitLabWriter } from "../gitlab/writer.js";
import type { Applied } from "./apply/applied.js";
import { apply } from "./apply/apply.js";
import { createNameLookup } from "./apply/name-lookup.js";
import { describeDashboard } from "./dashboard/dashboard.js";
import {
  findDashboard,
  keepDashboard,
  wishesOf,
  type Dashboard,
  type Kept,
} from "./dashboard/keep-dashboard.js";
import type { Plan } from "./plan/action.js";
import { plan, type PlanOptions } from "./plan/plan.js";
import type { Held } from "./renew/beyond.js";
import type { TargetFacts } from "./renew/renew.js";
import { branchFor, targetIn } from "./renew/target.js";
import { topicName, topicsOf } from "./renew/topic.js";
import { readSituation, type SituationOptions } from "./situation/read-situation.js";
import { settleSemanticCommits } from "./situation/semantic-commits.js";
import type { Wishes } from "./situation/wishes.js";

export interface Tending extends SituationOptions {
  readonly writer: GitLabWriter;
  /** Whether the project merges by merge trains. */
  readonly mergeTrains: boolean;
  /** Target branches that could not be read: what is open for them stays as it is. */
  readonly unread: ReadonlySet<string>;
  /** What went wrong before, besides the errors of the renewals. */
  readonly errors: readonly UserError[];
  readonly dryRun: boolean;
  readonly signal: AbortSignal;
}

export interface Tended {
  readonly plan: Plan;
  /** Empty for a dry run. */
  readonly applied: readonly Applied[];
  /** Versions beyond their range that the bot cannot take. */
  readonly held: readonly Held[];
  /** Undefined when there is none, or for a dry run. */
  readonly dashboard: Kept | undefined;
  /** Everything that went wrong, here or while the lock was renewed. */
  readonly errors: readonly UserError[];
  /** What was looked after, and what of it went wrong while the lock was renewed. */
  readonly targets: readonly TargetFacts[];
}

export async function tend(tending: Tending): Promise<Tended> {
  const { gitlab, address, base, renewals, dryRun } = tending;
  const { bump: configured } = base.snapshot.project.config;
  const topics = renewals.flatMap(({ target, snapshot, lock, edits }) =>
    topicsOf(configured, { target, before: snapshot.lock, after: lock, edits }),
  );
  const [situation, looked] = await Promise.all([readSituation(tending, topics), lookAtDashboard(tending)]);
  const branch = { address, commit: base.snapshot.commit };
  const bump = topics.length === 0 ? configured : await settleSemanticCommits(configured, gitlab, branch);
  const wishes = wishesOf(looked.found);
  const planned = plan(topics, situation, { bump, whyUnknown: whyUnknownTo(tending, bump), wishes });
  const snapshots = new Map(renewals.map(({ target, snapshot }) => [target.branch, snapshot]));
  const names = createNameLookup(gitlab, address);
  const applying = { ...tending, snapshots, situation, bump, names };
  const applied = dryRun ? [] : await apply(planned.actions, applying);
  const before = [...tending.errors, ...renewals.flatMap((one) => one.errors)];
  const errors = [...before, ...applied.flatMap(({ errors: own }) => own), ...looked.errors];
  const held = renewals.flatMap((one) => one.held);
  const targets = renewals.map(({ snapshot, ...one }): TargetFacts => ({ ...one, lock: snapshot.lock }));
  const done = { plan: planned, applied, held, errors, targets };
  if (dryRun || !bump.dashboard || looked.errors.length > 0) return { ...done, dashboard: undefined };
  return { ...done, ...(await writeDashboard(tending, done, { found: looked.found, wishes })) };
}

/** Of a branch whose topic has an artifact that failed, or whose target could not be read. */
function whyUnknownTo({ base, renewals, unread }: Tending, bump: Bump): PlanOptions["whyUnknown"] {
  const failed = renewals.flatMap(({ target, failed: names }) =>
    [...names.keys()].map((name) => branchFor(topicName(bump, name, target.branch), target)),
  );
  const unknown = new Set(failed);
  return (branch) => {
    if (unread.has(targetIn(branch, base.branch))) return "its target could not be read";
    return unknown.has(branch) ? "an artifact of it failed" : undefined;
  };
}

/** A dashboard that cannot be read stops nothing. */
async function lookAtDashboard({
  gitlab,
  address,
  base,
}: Tending): Promise<{ found: Dashboard | undefined; errors: readonly UserError[] }> {
  if (!base.snapshot.project.config.bump.dashboard) return { found: undefined, errors: [] };
  try {
    return { found: await findDashboard(gitlab, address), errors: [] };
  } catch (error) {
    const errors = userErrorsOf(error);
    if (errors === undefined) throw error;
    return { found: undefined, errors };
  }
}

async function writeDashboard(
  { gitlab, writer, address, base, now }: Tending,
  done: Omit<Tended, "dashboard">,
  { found, wishes }: { readonly found: Dashboard | undefined; readonly wishes: Wishes },
): Promise<Pick<Tended, "dashboard" | "errors">> {
  const failed = done.applied.flatMap(({ action, outcome }) =>
    outcome === "failed" && "topic" in action ? [action.topic.id] : [],
  );
  const unfulfilled = new Set([...wishes].filter((wish) => failed.some((id) => wish.endsWith(` ${id}`))));
  const { bump, expiryWarningDays } = base.snapshot.project.config;
  const facts = { ...done, bump, expiryWarningDays, now };
  const describe = (ticked: Wishes) => describeDashboard({ ...facts, ticked });
  try {
    const kept = await keepDashboard({ gitlab, writer, address, found, describe, unfulfilled });
    return { dashboard: kept, errors: done.errors };
  } catch (error) {
    const errors = userErrorsOf(error);
    if (errors === undefined) throw error;
    return { dashboard: undefined, errors: [...done.errors, ...errors] };
  }
}
