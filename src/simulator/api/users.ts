/** Users by name. GitLab documentation: "Users API". Whoever has a token is a user. */
import { json, refuseMissingRecord, type Reply } from "../http/reply.js";
import { projectOf, roleOf, ROLES } from "./authorize.js";
import type { Exchange, Instance } from "./exchange.js";
import { integerParam } from "./parameters.js";
import { showUser } from "./show.js";

/** Ids count from here, in the order of the tokens. */
const FIRST_ID = 701;

/** An empty list when there is no such user. */
export function listUsers(exchange: Exchange): Reply {
  const wanted = exchange.request.query.get("username")?.toLowerCase();
  const names = namesOf(exchange);
  const found = names.filter((name) => wanted === undefined || name.toLowerCase() === wanted);
  return json(
    found.map((name) => ({ ...showUser(exchange.instance, name), id: FIRST_ID + names.indexOf(name) })),
  );
}

/** Names of users by their ids; unknown ids and 0 are nobody. */
export function userNames(exchange: Exchange, ids: readonly number[]): string[] {
  const names = namesOf(exchange);
  return ids.flatMap((id) => names[id - FIRST_ID] ?? []);
}

/** The id of a user who has, or had, a token. */
export function userId(instance: Instance, name: string): number {
  return FIRST_ID + namesOf({ instance }).indexOf(name);
}

/** A member by id: in the simulator, whoever has a token that opens the project. GitLab documentation: "Members API". */
export function getMember(exchange: Exchange): Reply {
  const project = projectOf(exchange);
  const [name] = userNames(exchange, [integerParam(exchange, "user_id")]);
  const role = name === undefined ? undefined : roleOf(exchange.instance, project, name);
  if (name === undefined || role === undefined) return refuseMissingRecord();
  return json({ ...showUser(exchange.instance, name), access_level: (ROLES.indexOf(role) + 1) * 10 });
}

function namesOf({ instance }: Pick<Exchange, "instance">): string[] {
  return [...new Set([...instance.state.tokens.values()].map(({ user }) => user))];
}
