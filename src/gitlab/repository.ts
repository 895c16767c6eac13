/** Branches, trees, files and commits of a project's repository. */
import { z } from "zod";
import { Branch, Commit, Forge, RepositoryFile, TreeNode } from "./forge-schema.js";
import { GitLabError } from "./gitlab-error.js";
import type { GitLab } from "./gitlab.js";
import type { ProjectAddress } from "./projects.js";
import type { GitLabWriter } from "./writer.js";

/** GET `/projects/:id`, with the default branch. */
export function getForge(gitlab: GitLab, { instance, project }: ProjectAddress): Promise<Forge> {
  return gitlab.get(instance, ["projects", project], Forge);
}

/** GET `/projects/:id/repository/branches/:branch`. */
export function getBranch(
  gitlab: GitLab,
  { instance, project }: ProjectAddress,
  branch: string,
): Promise<Branch> {
  return gitlab.get(instance, ["projects", project, "repository", "branches", branch], Branch);
}

/** GET `/projects/:id/repository/commits/:ref`: the commit that a branch, a tag or an id means now. */
export function getCommit(
  gitlab: GitLab,
  { instance, project }: ProjectAddress,
  ref: string,
): Promise<Pick<Commit, "id" | "parent_ids">> {
  const fields = Commit.pick({ id: true, parent_ids: true });
  return gitlab.get(instance, ["projects", project, "repository", "commits", ref], fields);
}

/** GET `/projects/:id/repository/commits`: a commit and those before it, newest first, at most 100. */
export function listRecentCommits(
  gitlab: GitLab,
  { instance, project }: ProjectAddress,
  { commit, count }: { readonly commit: string; readonly count: number },
): Promise<readonly Commit[]> {
  const query = { ref_name: commit, per_page: count };
  return gitlab.get(instance, ["projects", project, "repository", "commits"], z.array(Commit), query);
}

/** All branches whose names begin with `prefix`; all that there are for "". */
export function listBranches(
  gitlab: GitLab,
  { instance, project }: ProjectAddress,
  prefix: string,
): AsyncIterable<Branch> {
  const query = { search: prefix === "" ? undefined : `^${prefix}` };
  return gitlab.pages(instance, ["projects", project, "repository", "branches"], Branch, query);
}

/** What a folder holds at a commit; nothing when it is not there. `path` "" is the repository itself. */
export async function listTree(
  gitlab: GitLab,
  { instance, project }: ProjectAddress,
  folder: { readonly commit: string; readonly path: string; readonly recursive: boolean },
): Promise<TreeNode[]> {
  const query = { ref: folder.commit, path: folder.path || undefined, recursive: folder.recursive };
  const nodes: TreeNode[] = [];
  try {
    const pages = gitlab.pages(instance, ["projects", project, "repository", "tree"], TreeNode, query);
    for await (const node of pages) nodes.push(node);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
  return nodes;
}

/** A file at a commit, or undefined when it is not there. */
export async function getFile(
  gitlab: GitLab,
  { instance, project }: ProjectAddress,
  { commit, path }: { readonly commit: string; readonly path: string },
): Promise<RepositoryFile | undefined> {
  try {
    const route = ["projects", project, "repository", "files", path];
    return await gitlab.get(instance, route, RepositoryFile, { ref: commit });
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

export interface FileAction {
  readonly action: "create" | "update" | "delete";
  readonly path: string;
  readonly text: string;
}

export interface NewCommit {
  readonly branch: string;
  /** Commit to stand on. */
  readonly onto: string;
  readonly message: string;
  readonly actions: readonly FileAction[];
  /** Whether the branch, when it is there, becomes this one commit. Otherwise GitLab refuses. */
  readonly replace: boolean;
}

/** POST `/projects/:id/repository/commits`: all files at once or none. */
export function createCommit(
  writer: GitLabWriter,
  { instance, project }: ProjectAddress,
  { branch, onto, message, actions, replace }: NewCommit,
): Promise<Commit> {
  return writer.send(instance, {
    method: "POST",
    path: ["projects", project, "repository", "commits"],
    body: {
      branch,
      start_sha: onto,
      force: replace,
      commit_message: message,
      actions: actions.map(({ action, path, text }) =>
        action === "delete"
          ? { action, file_path: path }
          : { action, file_path: path, content: Buffer.from(text).toString("base64"), encoding: "base64" },
      ),
    },
    answer: Commit,
    // Replacing a branch twice by the same commit leaves the same files.
    repeatable: replace,
  });
}

/** DELETE `/projects/:id/repository/branches/:branch`; one that is gone already is as good. */
export async function deleteBranch(
  writer: GitLabWriter,
  { instance, project }: ProjectAddress,
  branch: string,
): Promise<void> {
  const path = ["projects", project, "repository", "branches", branch];
  try {
    await writer.send(instance, { method: "DELETE", path, answer: z.undefined(), repeatable: true });
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

/** Whether GitLab itself says that there is no such thing in the project; a page, another route or a hidden project is no such word. */
export function isMissing(error: unknown): boolean {
  return error instanceof GitLabError && error.code === "GITLAB_NOT_FOUND";
}

const Diff = z.object({ old_path: z.string(), new_path: z.string() });

/** Paths of the files that a commit changes: GET `/projects/:id/repository/commits/:sha/diff`. */
export async function listChangedPaths(
  gitlab: GitLab,
  { instance, project }: ProjectAddress,
  commit: string,
): Promise<ReadonlySet<string>> {
  const paths = new Set<string>();
  const route = ["projects", project, "repository", "commits", commit, "diff"];
  for await (const { old_path, new_path } of gitlab.pages(instance, route, Diff))
    paths.add(old_path).add(new_path);
  return paths;
}
