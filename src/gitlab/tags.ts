import type { GitLab } from "./gitlab.js";
import type { ProjectAddress } from "./projects.js";
import { Branch, Tag } from "./schema.js";

/**
 * GET `/projects/:id/repository/tags`, most recently updated first.
 *
 * @param prefix only tags that begin with it
 */
export function listTags(
  gitlab: GitLab,
  { instance, project }: ProjectAddress,
  prefix = "",
): AsyncIterable<Tag> {
  const query = { order_by: "updated", sort: "desc", search: prefix === "" ? undefined : `^${prefix}` };
  return gitlab.pages(instance, ["projects", project, "repository", "tags"], Tag, query);
}

/** GET `/projects/:id/repository/tags/:tag_name`. */
export function getTag(gitlab: GitLab, { instance, project }: ProjectAddress, name: string): Promise<Tag> {
  return gitlab.get(instance, ["projects", project, "repository", "tags", name], Tag);
}

/** GET `/projects/:id/repository/branches/:branch`. */
export function getBranch(
  gitlab: GitLab,
  { instance, project }: ProjectAddress,
  name: string,
): Promise<Branch> {
  return gitlab.get(instance, ["projects", project, "repository", "branches", name], Branch);
}
