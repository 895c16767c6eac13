/** One run of the bot in one project: read it, renew its lock, and tend the merge requests that follow. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { GitLab } from "../gitlab/gitlab.js";
import type { ProjectAddress } from "../gitlab/projects.js";
import { getBranch, getForge } from "../gitlab/repository.js";
import type { GitLabWriter } from "../gitlab/writer.js";
import { withTemporaryDirectory } from "../hash/temporary-directory.js";
import { relock } from "../pipeline.js";
import type { Terminal } from "../terminal/terminal.js";
import { reachBeyond } from "./beyond.js";
import { ruleOf } from "./rules.js";
import { takeSnapshot, type Snapshot } from "./snapshot.js";
import { tend, type Tended, type Tending } from "./tend.js";

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

/** @throws UserErrors when configuration, manifests or lock cannot be read; then nothing was done */
export function bump(options: BumpOptions): Promise<Tended> {
  return withTemporaryDirectory((folder) => bumpIn(folder, options));
}

async function bumpIn(folder: string, options: BumpOptions): Promise<Tended> {
  const { gitlab, terminal, signal } = options;
  const { snapshot, ...target } = await readTarget(folder, options);
  const { config } = snapshot.project;
  const { maxUnpackedBytes, runnerStatements } = config;
  const context = { gitlab, terminal, signal, maxUnpackedBytes, runnerStatements };
  const { declared, edits, held } = await reachBeyond(snapshot, config.bump, context);
  const names = declared.map(({ name }) => name).filter((name) => !ruleOf(config.bump, name).ignore);
  const renewed = await relock(
    { declared, names: new Set(names), previous: snapshot.lock, rehash: false },
    context,
  );
  terminal.step("planning");
  return tend({ ...options, ...target, snapshot, renewed, artifacts: names, edits, held });
}

/** The branch to work for: the default branch, or the one that the configuration on the default branch names. */
async function readTarget(
  folder: string,
  options: BumpOptions,
): Promise<Pick<Tending, "projectId" | "targetBranch" | "mergeTrains" | "snapshot">> {
  const {
    id: projectId,
    default_branch,
    merge_trains_enabled,
  } = await getForge(options.gitlab, options.address);
  const project = { projectId, mergeTrains: merge_trains_enabled === true };
  const first = default_branch ?? "main";
  const snapshot = await readBranch(first, join(folder, "default"), options);
  const targetBranch = snapshot.project.config.bump.targetBranch ?? first;
  if (targetBranch === first) return { ...project, targetBranch, snapshot };
  return {
    ...project,
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
