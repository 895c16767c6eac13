/**
 * The instance itself, its users, projects and their tags.
 */
import { json, refuse, type Reply } from "../http/reply.js";
import type { Tag } from "../state/model.js";
import { projectOf } from "./authorize.js";
import { unauthorized } from "./authenticate.js";
import type { Exchange } from "./exchange.js";
import { paginate } from "./pagination.js";
import { enumQuery } from "./parameters.js";
import { showProject, showProjectBasics, showTag, showUser } from "./show.js";

export function getVersion({ instance }: Exchange): Reply {
  return json({ version: `${instance.knobs.version}-ee`, revision: "0123abcd" });
}

export function getMetadata({ instance }: Exchange): Reply {
  return json({
    version: `${instance.knobs.version}-ee`,
    revision: "0123abcd",
    kas: { enabled: false, externalUrl: null, externalK8sProxyUrl: null, version: null },
    enterprise: true,
  });
}

export function getUser({ instance, caller }: Exchange): Reply {
  if (caller === undefined) unauthorized();
  return json({
    ...showUser(instance, caller.user),
    bot: caller.kind === "project" || caller.kind === "group",
  });
}

/** A personal, project or group token's own record. */
export function getOwnToken({ caller }: Exchange): Reply {
  if (caller === undefined) unauthorized();
  const { name, scopes, expiresAt, revoked, kind } = caller;
  if (kind === "oauth") refuse(400, "Bad request");
  return json({
    id: 1,
    name,
    revoked,
    active: !revoked,
    scopes,
    user_id: 1,
    expires_at: expiresAt?.slice(0, 10) ?? null,
  });
}

export function getProject(exchange: Exchange): Reply {
  const show = exchange.caller === undefined ? showProjectBasics : showProject;
  return json(show(exchange.instance, projectOf(exchange)));
}

export function listTags(exchange: Exchange): Reply {
  const orderBy = enumQuery(exchange, "order_by", ["name", "updated", "version"]) ?? "updated";
  const descending = (enumQuery(exchange, "sort", ["asc", "desc"]) ?? "desc") === "desc";
  const project = projectOf(exchange);
  const search = exchange.request.query.get("search") ?? "";
  const tags = project.tags.filter(({ name }) => matchesSearch(name, search)).sort(TAG_ORDERS[orderBy]);
  if (descending) tags.reverse();
  return paginate(exchange, tags, (tag: Tag) => showTag(exchange.instance, project, tag));
}

export function getTag(exchange: Exchange): Reply {
  const project = projectOf(exchange);
  const tag = project.tags.find(({ name }) => name === exchange.params["tag_name"]);
  return tag === undefined ? refuse(404, "Tag Not Found") : json(showTag(exchange.instance, project, tag));
}

const TAG_ORDERS = {
  name: (a: Tag, b: Tag) => (a.name < b.name ? -1 : 1),
  updated: (a: Tag, b: Tag) => a.committedAt.getTime() - b.committedAt.getTime(),
  version: (a: Tag, b: Tag) => a.name.localeCompare(b.name, "en", { numeric: true }),
};

/** `^v` and `v$` search at the beginning and the end, anything else anywhere. */
function matchesSearch(name: string, search: string): boolean {
  if (search.startsWith("^")) return name.startsWith(search.slice(1));
  return search.endsWith("$") ? name.endsWith(search.slice(0, -1)) : name.includes(search);
}
