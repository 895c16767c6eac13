/** One run of the bot: read, renew the lock, plan, apply. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { UserError } from "../errors.js";
import type { GitLab } from "../gitlab/gitlab.js";
import type { ProjectAddress } from "../gitlab/projects.js";
import { getBranch, getForge } from "../gitlab/repository.js";
import type { GitLabWriter } from "../gitlab/writer.js";
import { withTemporaryDirectory } from "../hash/temporary-directory.js";
import { relock } from "../pipeline.js";
import type { Terminal } from "../terminal/terminal.js";
import { apply, type Applied } from "./apply.js";
import { gatherEvidence } from "./evidence.js";
import { plan, type Plan } from "./plan.js";
import { refusalsOf } from "./policy.js";
import { ruleOf } from "./rules.js";
import { countSince, readOpen, readRefused, type Situation, type Where } from "./situation.js";
import { takeSnapshot, type Snapshot } from "./snapshot.js";
import { topicName, topicsOf, type Topic } from "./topic.js";

export interface BumpOptions {
  readonly gitlab: GitLab;
  readonly writer: GitLabWriter;
  readonly address: ProjectAddress;
  /** A working directory that may hold the same files. */
  readonly checkout: string;
  readonly dryRun: boolean;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
  readonly now: Date;
}

export interface Bumped {
  readonly plan: Plan;
  /** Empty for a dry run. */
  readonly applied: readonly Applied[];
  /** Everything that went wrong, here or while the lock was renewed. */
  readonly errors: readonly UserError[];
}

const HOUR_MS = 3_600_000;

/** @throws UserErrors when configuration, manifests or lock cannot be read; then nothing was done */
export function bump(options: BumpOptions): Promise<Bumped> {
  return withTemporaryDirectory((folder) => bumpIn(folder, options));
}

async function bumpIn(folder: string, options: BumpOptions): Promise<Bumped> {
  const { gitlab, address, terminal, signal, now } = options;
  const { projectId, targetBranch, snapshot } = await readTarget(folder, options);
  const { declared } = snapshot;
  const { config } = snapshot.project;
  const names = declared.map(({ name }) => name).filter((name) => !ruleOf(config.bump, name).ignore);
  const renewed = await relock(
    { declared, names: new Set(names), previous: snapshot.lock, rehash: false },
    { gitlab, terminal, signal },
  );
  terminal.step("planning");
  const topics = topicsOf(config.bump, { before: snapshot.lock, after: renewed.lock });
  const where = { gitlab, address, projectId, targetBranch };
  const situation = await readSituation(where, topics, { snapshot, now });
  const unknown = new Set([...renewed.failed].map((name) => topicName(config.bump, name)));
  const planned = plan(topics, situation, { bump: config.bump, unknown });
  const applying = { ...options, targetBranch, snapshot, situation };
  const applied = options.dryRun ? [] : await apply(planned.actions, applying);
  return { plan: planned, applied, errors: [...renewed.errors, ...applied.flatMap(({ errors }) => errors)] };
}

/** The branch to work for: the default branch, or the one that the configuration on the default branch names. */
async function readTarget(
  folder: string,
  options: BumpOptions,
): Promise<{ projectId: number; targetBranch: string; snapshot: Snapshot }> {
  const { id: projectId, default_branch } = await getForge(options.gitlab, options.address);
  const first = default_branch ?? "main";
  const snapshot = await readBranch(first, join(folder, "default"), options);
  const targetBranch = snapshot.project.config.bump.targetBranch ?? first;
  if (targetBranch === first) return { projectId, targetBranch, snapshot };
  return {
    projectId,
    targetBranch,
    snapshot: await readBranch(targetBranch, join(folder, "target"), options),
  };
}

async function readBranch(branch: string, folder: string, options: BumpOptions): Promise<Snapshot> {
  const { gitlab, address, checkout } = options;
  const { commit } = await getBranch(gitlab, address, branch);
  await mkdir(folder);
  return takeSnapshot({ gitlab, address, commit: commit.id, folder, checkout });
}

async function readSituation(
  where: Where,
  topics: readonly Topic[],
  { snapshot, now }: { readonly snapshot: Snapshot; readonly now: Date },
): Promise<Situation> {
  const { branches, open } = await readOpen(where);
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
    refused,
    recent,
    refusals: new Map(refusals.filter(([, found]) => found.length > 0)),
  };
}
