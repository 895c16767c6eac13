/** Issues of a project, and whether their authors belong to it. */
import { z } from "zod";
import { Issue } from "./forge-schema.js";
import { GitLabError } from "./gitlab-error.js";
import type { GitLab, Query } from "./gitlab.js";
import type { ProjectAddress } from "./projects.js";
import type { GitLabWriter } from "./writer.js";

/** GET `/projects/:id/issues`, newest first. */
export function listIssues(
  gitlab: GitLab,
  { instance, project }: ProjectAddress,
  filter: Query,
): AsyncIterable<Issue> {
  return gitlab.pages(instance, ["projects", project, "issues"], Issue, filter);
}

/** GET `/projects/:id/issues/:iid`. */
export function getIssue(gitlab: GitLab, { instance, project }: ProjectAddress, iid: number): Promise<Issue> {
  return gitlab.get(instance, ["projects", project, "issues", iid], Issue);
}

/** POST `/projects/:id/issues`. After an answer that was lost, look before another try. */
export function createIssue(
  writer: GitLabWriter,
  { instance, project }: ProjectAddress,
  issue: { readonly title: string; readonly description: string },
): Promise<Issue> {
  const path = ["projects", project, "issues"];
  return writer.send(instance, { method: "POST", path, body: issue, answer: Issue, repeatable: false });
}

export interface IssueChanges {
  readonly description?: string;
  readonly state_event?: "close";
}

/** PUT `/projects/:id/issues/:iid`. */
export function updateIssue(
  writer: GitLabWriter,
  { instance, project }: ProjectAddress,
  { iid, changes }: { readonly iid: number; readonly changes: IssueChanges },
): Promise<Issue> {
  const path = ["projects", project, "issues", iid];
  return writer.send(instance, { method: "PUT", path, body: changes, answer: Issue, repeatable: true });
}

/** The least role that may edit issues of others (GitLab documentation, "Roles and permissions"; "Members API", `access_level`). */
const REPORTER = 20;

/** Whether a user is a member, also by a group, who may edit issues of others. */
export async function mayEditIssues(
  gitlab: GitLab,
  { instance, project }: ProjectAddress,
  user: number,
): Promise<boolean> {
  try {
    const path = ["projects", project, "members", "all", user];
    return (await gitlab.get(instance, path, z.object({ access_level: z.int() }))).access_level >= REPORTER;
  } catch (error) {
    if (error instanceof GitLabError && error.status === 404) return false;
    throw error;
  }
}

/** GET `/user`: the name of the user whose token asks. */
export async function ownUserName(gitlab: GitLab, instance: string): Promise<string> {
  return (await gitlab.get(instance, ["user"], z.object({ username: z.string() }))).username;
}
