import { Forge } from "./forge-schema.js";
import type { GitLab } from "./gitlab.js";

/** The least role that may push a branch: Developer (GitLab documentation, "Members API", access levels). */
const DEVELOPER = 30;

/**
 * GET `/groups/:id/projects`: those of the group and its subgroups in which the token's user may push, oldest first, a hundred a
 * request. This list has no keyset; ids that only grow keep its pages still while it is read.
 *
 * @param group full path or numeric id
 */
export function listGroupProjects(gitlab: GitLab, instance: string, group: string): AsyncIterable<Forge> {
  return gitlab.pages(instance, ["groups", group, "projects"], Forge, {
    include_subgroups: true,
    with_shared: false,
    min_access_level: DEVELOPER,
    order_by: "id",
    sort: "asc",
  });
}
