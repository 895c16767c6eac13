import type { GitLab } from "./gitlab.js";
import type { ProjectAddress } from "./projects.js";
import { Tag } from "./schema.js";

/** GET `/projects/:id/repository/tags`, most recently updated first. */
export function listTags(gitlab: GitLab, { instance, project }: ProjectAddress): AsyncIterable<Tag> {
  const query = { order_by: "updated", sort: "desc" };
  return gitlab.pages(instance, ["projects", project, "repository", "tags"], Tag, query);
}
