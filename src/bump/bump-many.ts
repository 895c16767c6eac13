/** One run of the bot in many projects of one instance, each as if it ran there alone: nothing that fails in one is felt in another. */
import pLimit from "p-limit";
import { matches } from "../config/pattern.js";
import { type UserError, userErrorsOf } from "../errors.js";
import { askedOnce } from "../gitlab/asked-once.js";
import type { Forge } from "../gitlab/forge-schema.js";
import type { GitLab } from "../gitlab/gitlab.js";
import type { Terminal } from "../terminal/terminal.js";
import { bump, type BumpOptions } from "./bump.js";
import { findRepositories, type RepositoriesOptions, type Skipped } from "./repositories.js";
import type { Tended } from "./tend.js";

export interface BumpManyOptions
  extends Omit<BumpOptions, "address" | "forge" | "sources" | "allowed">, RepositoriesOptions {
  /** Where artifacts may come from, besides the namespace of each project and the groups that it is in; as `AllowedSources` has them. */
  readonly allowed: readonly string[];
}

export interface ManyTended {
  /** By path of the project. */
  readonly runs: readonly ProjectRun[];
  readonly skipped: readonly Skipped[];
  /** What is wrong with groups. */
  readonly errors: readonly UserError[];
}

export interface ProjectRun {
  readonly project: string;
  /** What was done, or why nothing could be begun. */
  readonly outcome: { readonly tended: Tended } | { readonly errors: readonly UserError[] };
}

/** Each has its manifests in memory, and downloads of its own. */
const PROJECTS_AT_ONCE = 8;

/** What artifacts of several projects have in common is asked for once. Errors of projects and groups are in the answer. */
export async function bumpMany(options: BumpManyOptions): Promise<ManyTended> {
  options.terminal.step("looking for projects with artifacts");
  const { taking, skipped, unknown, errors, paths } = await findRepositories(options);
  const sources = askedOnce(options.gitlab);
  const limit = pLimit(PROJECTS_AT_ONCE);
  const working = taking.map((forge) => limit(() => bumpIn(forge, { ...options, sources, paths })));
  // A bug in one is told after the others are done, too.
  await Promise.allSettled(working);
  const failed = unknown.map((one) => ({ project: one.project, outcome: { errors: one.errors } }));
  const runs = [...(await Promise.all(working)), ...failed];
  return { runs: runs.toSorted((a, b) => (a.project < b.project ? -1 : 1)), skipped, errors };
}

interface Shared extends BumpManyOptions {
  readonly sources: GitLab;
  readonly paths: ReadonlyMap<number, string>;
}

async function bumpIn(forge: Forge, { groups, paths, ...options }: Shared): Promise<ProjectRun> {
  const { instance, signal } = options;
  signal.throwIfAborted();
  const project = forge.path_with_namespace;
  const own = groups
    .map((group) => `${group}/*`)
    .filter((pattern) => matches(pattern.toLowerCase(), project.toLowerCase()));
  const allowed = { patterns: [...own, ...options.allowed], paths };
  const terminal = speakingOf(project, options.terminal);
  try {
    const tended = await bump({ ...options, address: { instance, project }, forge, allowed, terminal });
    return { project, outcome: { tended } };
  } catch (error) {
    const errors = userErrorsOf(error);
    if (errors === undefined) throw error;
    return { project, outcome: { errors } };
  }
}

/** The same, but what it says tells which project it is about. */
function speakingOf(project: string, terminal: Terminal): Terminal {
  const told = (message: string) => `${project}: ${message}`;
  return {
    ...terminal,
    warn: (message) => terminal.warn(told(message)),
    detail: (message) => terminal.detail(told(message)),
    step: (message) => terminal.step(told(message)),
    transfer: (transfer) => terminal.transfer({ ...transfer, label: told(transfer.label) }),
    transferred: (label) => terminal.transferred(told(label)),
  };
}
