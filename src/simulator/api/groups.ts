/**
 * The projects of a group. GitLab documentation: "Groups API". A group is there when the caller may see a project in it.
 */
import { refuse, type Reply } from "../http/reply.js";
import type { Project } from "../state/model.js";
import { hasRole, maySee, ROLES } from "./authorize.js";
import type { Exchange } from "./exchange.js";
import { paginate } from "./pagination.js";
import { booleanQuery, enumQuery, integerQuery } from "./parameters.js";
import { showProject } from "./show.js";

/** Access levels count in tens. */
const LEVEL_STEP = 10;

/** Not by keyset. `archived` absent: both kinds; projects of subgroups only when they are asked for. */
export function listGroupProjects(exchange: Exchange): Reply {
  const { instance, params } = exchange;
  const group = params["id"] ?? "";
  const below = [...instance.state.projects.values()].filter(
    (project) => project.path.startsWith(`${group}/`) && maySee(exchange, project),
  );
  if (below.length === 0) refuse(404, "Group Not Found");
  const isWanted = wantedBy(exchange);
  const orderBy = enumQuery(exchange, "order_by", ["id", "name", "path", "created_at"]) ?? "created_at";
  const descending = (enumQuery(exchange, "sort", ["asc", "desc"]) ?? "desc") === "desc";
  const rows = below.filter((project) => isWanted(project, group)).sort(ORDERS[orderBy]);
  if (descending) rows.reverse();
  return paginate(exchange, rows, (project) => showProject(instance, project));
}

const byId = (a: Project, b: Project) => a.id - b.id;
const byPath = (a: Project, b: Project) => (a.path < b.path ? -1 : 1);
const ORDERS = { id: byId, created_at: byId, name: byPath, path: byPath };

function wantedBy(exchange: Exchange): (project: Project, group: string) => boolean {
  const { query } = exchange.request;
  const deep = booleanQuery(exchange, "include_subgroups");
  const archived = query.has("archived") ? booleanQuery(exchange, "archived") : undefined;
  const role = ROLES[integerQuery(exchange, "min_access_level", LEVEL_STEP) / LEVEL_STEP - 1] ?? "guest";
  const isMember = query.has("min_access_level")
    ? (project: Project) => hasRole(exchange, project, role)
    : () => true;
  return (project, group) =>
    (deep || !project.path.slice(group.length + 1).includes("/")) &&
    (archived === undefined || project.archived === archived) &&
    isMember(project);
}
