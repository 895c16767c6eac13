/**
 * BESIDE the pipeline: keeps the lock of a project fresh through merge requests.
 *
 *     renew/ (snapshot ─► relock ─► topics) ─┐
 *     situation/ (branches, merge requests) ─┴─► plan/ ─► apply/ ─► dashboard/
 *
 * The folders are in the order of a run, and none imports a later one; `describe/`, before the plan, words what merge requests say.
 * `plan` is pure. `apply`, and after it the dashboard, write: first a branch and then what is said about it, so that a run that is
 * killed anywhere leaves what the next run understands. What is the bot's own is known by the marker in the description and the
 * trailer of the commit, not by the author: a new token, or a new bot user, changes nothing.
 *
 * This file: one run in one project. It reads the project, renews the lock of each target branch, and tends the merge requests that follow.
 */
import { mkdir, realpath } from "node:fs/promises";
import { join } from "node:path";
import type { Bump } from "../config/bump.js";
import { type UserError, userErrorsOf } from "../errors.js";
import { askedOnce } from "../gitlab/asked-once.js";
import type { Forge } from "../gitlab/forge-schema.js";
import type { GitLab } from "../gitlab/gitlab.js";
import type { ProjectAddress } from "../gitlab/projects.js";
import { getBranch, getForge } from "../gitlab/repository.js";
import type { GitLabWriter } from "../gitlab/writer.js";
import { withTemporaryDirectory } from "../hash/temporary-directory.js";
import { onDisk } from "../hash/write-body.js";
import type { Terminal } from "../terminal/terminal.js";
import { AllowedSources, type AllowedSourcesOptions } from "./renew/allowed-sources.js";
import { onTarget, renew, type Renewed } from "./renew/renew.js";
import { takeSnapshot, type Snapshot } from "./renew/snapshot.js";
import { targetsOf, type Target } from "./renew/target.js";
import { tend, type Tended } from "./tend.js";

export interface BumpOptions {
  readonly gitlab: GitLab;
  readonly writer: GitLabWriter;
  /** Whom to ask about the projects that artifacts come from. When it is not given: `gitlab`, each thing once in this run. */
  readonly sources?: GitLab;
  /** Where artifacts may come from; undefined: from wherever the manifests say. */
  readonly allowed?: Pick<AllowedSourcesOptions, "patterns" | "paths"> | undefined;
  readonly address: ProjectAddress;
  /** What GitLab says of the project, when that is known already. */
  readonly forge?: Forge;
  /** A working directory that may hold the same files. */
  readonly checkout: string;
  readonly dryRun: boolean;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
  readonly now: Date;
}

/**
 * @throws UserErrors when configuration, manifests or lock of the default branch cannot be read; then nothing was done. A target
 * branch that cannot be read is among the errors of the answer, and what is open for it stays as it is
 */
export function bump(options: BumpOptions): Promise<Tended> {
  return withTemporaryDirectory(async (folder) => {
    const snapshots = new Map<string, Snapshot>();
    try {
      return await bumpWith(snapshotsIn(folder, snapshots, options), options);
    } finally {
      // What comes after the folder is gone would make it anew.
      await Promise.all([...snapshots.values()].map((snapshot) => snapshot.stop()));
    }
  });
}

async function bumpWith(read: Renewing["read"], options: BumpOptions): Promise<Tended> {
  const { gitlab, address, sources = askedOnce(options.gitlab) } = options;
  const forge = options.forge ?? (await getForge(gitlab, address));
  const defaultBranch = forge.default_branch ?? "main";
  const snapshot = await read(defaultBranch);
  const { bump: rules } = snapshot.project.config;
  const targets = await targetsOf(rules.targetBranches, { gitlab, address, defaultBranch });
  const base = { branch: defaultBranch, snapshot };
  const { instance } = address;
  const where = { gitlab: sources, instance, project: forge.path_with_namespace };
  const allowed = options.allowed && new AllowedSources({ ...where, ...options.allowed });
  const renewals = await renewAll(targets, { read, base, rules, sources, allowed, options });
  options.terminal.step("planning");
  const project = { projectId: forge.id, mergeTrains: forge.merge_trains_enabled === true };
  return tend({ ...options, ...renewals, ...project, sources, base });
}

interface Renewing {
  /** What a branch holds. */
  readonly read: (branch: string) => Promise<Snapshot>;
  /** The default branch, which is read already. */
  readonly base: { readonly branch: string; readonly snapshot: Snapshot };
  readonly rules: Bump;
  readonly sources: GitLab;
  readonly allowed: AllowedSources | undefined;
  readonly options: BumpOptions;
}

/** One after the other, the default branch first: what it holds need not be downloaded for the others. */
async function renewAll(
  targets: readonly Target[],
  { read, base, rules, sources, allowed, options }: Renewing,
): Promise<{ renewals: Renewed[]; unread: Set<string>; errors: UserError[] }> {
  const { terminal, signal } = options;
  const renewals: Renewed[] = [];
  const unread = new Set<string>();
  const errors: UserError[] = [];
  for (const target of targets) {
    try {
      const snapshot = target.isDefault ? base.snapshot : await read(target.branch);
      const { maxUnpackedBytes, runnerStatements } = snapshot.project.config;
      const known = renewals.find(({ target: { isDefault } }) => isDefault)?.lock;
      const context = { gitlab: sources, terminal, signal, maxUnpackedBytes, runnerStatements };
      renewals.push(await renew({ target, snapshot, bump: rules, known, allowed }, context));
    } catch (error) {
      const own = userErrorsOf(error);
      if (own === undefined || target.isDefault) throw error;
      unread.add(target.branch);
      errors.push(...own.map((one) => onTarget(one, target)));
    }
  }
  return { renewals, unread, errors };
}

/** Reads branches into folders of their own; those at the same commit are read once. */
function snapshotsIn(
  folder: string,
  snapshots: Map<string, Snapshot>,
  { gitlab, address, checkout }: BumpOptions,
): Renewing["read"] {
  return async (branch) => {
    const { id: commit } = (await getBranch(gitlab, address, branch)).commit;
    const own = join(folder, commit);
    await onDisk(own, mkdir(own, { recursive: true }));
    const into = await realpath(own);
    const snapshot =
      snapshots.get(commit) ?? (await takeSnapshot({ gitlab, address, commit, folder: into, checkout }));
    snapshots.set(commit, snapshot);
    return snapshot;
  };
}
