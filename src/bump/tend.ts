/** From the old lock and the new one to merge requests: look at what is there, plan, apply, and say so on the dashboard. */
import { userErrorsOf, type UserError } from "../errors.js";
import type { GitLab } from "../gitlab/gitlab.js";
import type { ProjectAddress } from "../gitlab/projects.js";
import type { GitLabWriter } from "../gitlab/writer.js";
import type { Lock } from "../lock/schema.js";
import type { ErrorsByArtifact } from "../pipeline.js";
import type { Held } from "./beyond.js";
import type { Applied } from "./applied.js";
import { apply } from "./apply.js";
import { describeDashboard } from "./dashboard.js";
import { gatherEvidence } from "./evidence.js";
import { findDashboard, keepDashboard, wishesOf, type Dashboard, type Kept } from "./keep-dashboard.js";
import type { ManifestEdit } from "./manifest-edit.js";
import { createNameLookup } from "./name-lookup.js";
import { plan, type Plan } from "./plan.js";
import { refusalsOf } from "./policy.js";
import { settleSemanticCommits } from "./semantic-commits.js";
import { countSince, readOpen, readRefused, type Situation, type Where } from "./situation.js";
import type { Snapshot } from "./snapshot.js";
import { topicName, topicsOf, type Topic } from "./topic.js";
import type { Wishes } from "./wishes.js";

export interface Tending {
  readonly gitlab: GitLab;
  readonly writer: GitLabWriter;
  readonly address: ProjectAddress;
  readonly projectId: number;
  readonly targetBranch: string;
  /** Whether the project merges by merge trains. */
  readonly mergeTrains: boolean;
  readonly snapshot: Snapshot;
  readonly renewed: {
    readonly lock: Lock;
    readonly errors: readonly UserError[];
    /** The same, by the artifact that they belong to. */
    readonly failed: ErrorsByArtifact;
  };
  /** Names of the artifacts that are looked after. */
  readonly artifacts: readonly string[];
  /** Edits of manifests that the renewed lock rests on, by artifact. */
  readonly edits: ReadonlyMap<string, ManifestEdit>;
  /** Versions beyond their range that the bot cannot take. */
  readonly held: readonly Held[];
  readonly dryRun: boolean;
  readonly signal: AbortSignal;
  readonly now: Date;
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
  /** What went wrong with an artifact while the lock was renewed. */
  readonly failed: ErrorsByArtifact;
  /** Names of the artifacts that are looked after. */
  readonly artifacts: readonly string[];
}

const HOUR_MS = 3_600_000;

export async function tend(tending: Tending): Promise<Tended> {
  const { snapshot, renewed, edits, held, dryRun, artifacts } = tending;
  const { bump: configured } = snapshot.project.config;
  const topics = topicsOf(configured, { before: snapshot.lock, after: renewed.lock, edits });
  const [situation, looked] = await Promise.all([readSituation(tending, topics), lookAtDashboard(tending)]);
  const branch = { address: tending.address, commit: snapshot.commit };
  const bump =
    topics.length === 0 ? configured : await settleSemanticCommits(configured, tending.gitlab, branch);
  const unknown = new Set([...renewed.failed.keys()].map((name) => topicName(bump, name)));
  const wishes = wishesOf(looked.found);
  const planned = plan(topics, situation, { bump, unknown, wishes });
  const names = createNameLookup(tending.gitlab, tending.address);
  const applied = dryRun ? [] : await apply(planned.actions, { ...tending, situation, bump, names });
  const errors = [...renewed.errors, ...applied.flatMap(({ errors: own }) => own), ...looked.errors];
  const done = { plan: planned, applied, held, errors, failed: renewed.failed, artifacts };
  if (dryRun || !bump.dashboard || looked.errors.length > 0) return { ...done, dashboard: undefined };
  return { ...done, ...(await writeDashboard(tending, done, { found: looked.found, wishes })) };
}

async function readSituation(
  { snapshot, now, ...where }: Where & Pick<Tending, "snapshot" | "now">,
  topics: readonly Topic[],
): Promise<Situation> {
  const { branches, open, taken } = await readOpen(where);
  const isOpen = new Set(open.map(({ branch }) => branch));
  const fresh = topics.map(({ branch }) => branch).filter((branch) => !isOpen.has(branch));
  const { bump: config } = snapshot.project.config;
  const limited = config.maximumPerHour !== null && fresh.length > 0;
  const [refused, recent, evidence] = await Promise.all([
    readRefused(where, fresh),
    limited ? countSince(where, new Date(now.getTime() - HOUR_MS)) : 0,
    gatherEvidence(where.gitlab, topics, config),
  ]);
  const refusals = topics.map((topic) => [topic.name, refusalsOf(topic, config, evidence)] as const);
  return {
    now,
    head: snapshot.commit,
    branches,
    open,
    taken,
    refused,
    recent,
    refusals: new Map(refusals.filter(([, found]) => found.length > 0)),
  };
}

/** A dashboard that cannot be read stops nothing. */
async function lookAtDashboard({
  gitlab,
  address,
  snapshot,
}: Tending): Promise<{ found: Dashboard | undefined; errors: readonly UserError[] }> {
  if (!snapshot.project.config.bump.dashboard) return { found: undefined, errors: [] };
  try {
    return { found: await findDashboard(gitlab, address), errors: [] };
  } catch (error) {
    const errors = userErrorsOf(error);
    if (errors === undefined) throw error;
    return { found: undefined, errors };
  }
}

async function writeDashboard(
  { gitlab, writer, address, snapshot, now }: Tending,
  done: Omit<Tended, "dashboard">,
  { found, wishes }: { readonly found: Dashboard | undefined; readonly wishes: Wishes },
): Promise<Pick<Tended, "dashboard" | "errors">> {
  const failed = done.applied.flatMap(({ action, outcome }) =>
    outcome === "failed" && "topic" in action ? [action.topic.name] : [],
  );
  const unfulfilled = new Set([...wishes].filter((wish) => failed.some((name) => wish.endsWith(` ${name}`))));
  const { bump, expiryWarningDays } = snapshot.project.config;
  const facts = { ...done, bump, expiryWarningDays, lock: snapshot.lock, now };
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
