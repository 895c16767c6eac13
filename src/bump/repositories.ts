/** In which projects the bot works when it is given groups: in those that say by a file that they have artifacts. */
import pLimit from "p-limit";
import { CONFIG_FILE, DEFAULT_LOCK } from "../config/load.js";
import { UserError, userErrorsOf } from "../errors.js";
import type { Forge } from "../gitlab/forge-schema.js";
import type { GitLab } from "../gitlab/gitlab.js";
import { listGroupProjects } from "../gitlab/groups.js";
import { getForge, listTree } from "../gitlab/repository.js";

export interface RepositoriesOptions {
  readonly gitlab: GitLab;
  readonly instance: string;
  /** Full paths of groups. What is in their subgroups counts, too. */
  readonly groups: readonly string[];
  /** Full paths or ids of projects, which take part whatever files they have. */
  readonly projects: readonly (string | number)[];
}

export interface Repositories {
  /** In order of their ids, which is that of their age. */
  readonly taking: readonly Forge[];
  readonly skipped: readonly Skipped[];
  /** Projects of which GitLab does not say whether they take part. */
  readonly unknown: readonly Unknown[];
  /** What is wrong with groups. */
  readonly errors: readonly UserError[];
  /** Path by id, of every project that GitLab told of. */
  readonly paths: ReadonlyMap<number, string>;
}

export interface Skipped {
  readonly project: string;
  readonly why: "archived" | "without commits" | "without merge requests" | "without artifacts";
}

export interface Unknown {
  readonly project: string;
  readonly errors: readonly UserError[];
}

interface Told {
  readonly forge: Forge;
  /** Whether the project itself was named, not only a group that it is in. */
  readonly isNamed: boolean;
}

/** Projects that the groups may have together. */
const MAX_PROJECTS = 2000;
const REQUESTS_AT_ONCE = 16;

/**
 * One request for each hundred projects of a group, one for each named project, and one for each that may take part because it is in
 * a group. What cannot be read is in the answer, and the others go on.
 */
export async function findRepositories(options: RepositoriesOptions): Promise<Repositories> {
  const told = new Map<number, Told>();
  const errors: UserError[] = [];
  const unknown: Unknown[] = [];
  for (const group of options.groups) errors.push(...(await errorsOf(listInto(told, group, options))));
  for (const project of options.projects) {
    const own = await errorsOf(readInto(told, project, options));
    if (own.length > 0) unknown.push({ project: String(project), errors: own });
  }
  const paths = new Map([...told].map(([id, { forge }]) => [id, forge.path_with_namespace]));
  const limit = pLimit(REQUESTS_AT_ONCE);
  const looked = await Promise.all([...told.values()].map((one) => limit(look, one, options)));
  return {
    taking: looked.flatMap((one) => ("taking" in one ? [one.taking] : [])),
    skipped: looked.flatMap((one) => ("why" in one ? [one] : [])),
    unknown: [...unknown, ...looked.flatMap((one) => ("errors" in one ? [one] : []))],
    errors,
    paths,
  };
}

/**
 * All of the group or nothing, so that what is beyond the limit does not depend on the order.
 *
 * @throws UserError BUMP_TOO_MANY_PROJECTS as soon as there is one too many
 */
async function listInto(
  told: Map<number, Told>,
  group: string,
  { gitlab, instance }: RepositoriesOptions,
): Promise<void> {
  const listed: Forge[] = [];
  for await (const forge of listGroupProjects(gitlab, instance, group)) {
    if (!told.has(forge.id)) listed.push(forge);
    if (told.size + listed.length > MAX_PROJECTS) throw tooMany(group);
  }
  for (const forge of listed) told.set(forge.id, { forge, isNamed: false });
}

function tooMany(group: string): UserError {
  return new UserError(
    "BUMP_TOO_MANY_PROJECTS",
    `with the group ${group} there are more than ${MAX_PROJECTS} projects, which is what one run looks at`,
    { hint: "name its subgroups in several runs, each with --group" },
  );
}

async function readInto(
  told: Map<number, Told>,
  project: string | number,
  { gitlab, instance }: RepositoriesOptions,
): Promise<void> {
  const forge = await getForge(gitlab, { instance, project });
  told.set(forge.id, { forge, isNamed: true });
}

async function look(
  { forge, isNamed }: Told,
  options: RepositoriesOptions,
): Promise<Skipped | Unknown | { readonly taking: Forge }> {
  const project = forge.path_with_namespace;
  if (forge.archived === true) return { project, why: "archived" };
  // GitLab names no branch where there is none, or none that the token may read.
  if (forge.empty_repo === true || typeof forge.default_branch !== "string")
    return { project, why: "without commits" };
  if (forge.merge_requests_access_level === "disabled") return { project, why: "without merge requests" };
  if (isNamed) return { taking: forge };
  let hasArtifacts = false;
  const errors = await errorsOf(
    declaresArtifacts(forge.id, forge.default_branch, options).then((has) => void (hasArtifacts = has)),
  );
  if (errors.length > 0) return { project, errors };
  return hasArtifacts ? { taking: forge } : { project, why: "without artifacts" };
}

async function declaresArtifacts(
  project: number,
  branch: string,
  { gitlab, instance }: RepositoriesOptions,
): Promise<boolean> {
  const top = await listTree(gitlab, { instance, project }, { commit: branch, path: "", recursive: false });
  return top.some(({ path }) => path === CONFIG_FILE || path === DEFAULT_LOCK);
}

async function errorsOf(work: Promise<void>): Promise<readonly UserError[]> {
  try {
    await work;
    return [];
  } catch (error) {
    const own = userErrorsOf(error);
    if (own === undefined) throw error;
    return own;
  }
}
