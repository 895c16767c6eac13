/** Users by name. GitLab documentation: "Users API". Whoever has a token is a user. */
import { json, type Reply } from "../http/reply.js";
import type { Exchange } from "./exchange.js";
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

function namesOf({ instance }: Exchange): string[] {
  return [...new Set([...instance.state.tokens.values()].map(({ user }) => user))];
}
