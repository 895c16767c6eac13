/** Milestones. GitLab documentation: "Project milestones API". Those of groups come only when they are asked for. */
import type { Reply } from "../http/reply.js";
import type { Exchange } from "./exchange.js";
import { paginate } from "./pagination.js";
import { enumQuery } from "./parameters.js";
import { forgeFor } from "./repository.js";

export function listMilestones(exchange: Exchange): Reply {
  const forge = forgeFor(exchange);
  const state = enumQuery(exchange, "state", ["active", "closed"]);
  const ancestors = exchange.request.query.get("include_ancestors") === "true";
  const rows = forge.milestones
    .filter((one) => state === undefined || one.state === state)
    .filter(({ ofGroup }) => ancestors || !ofGroup);
  return paginate(exchange, rows, ({ id, title, state: own, ofGroup }) => ({
    id,
    iid: id,
    title,
    description: "",
    state: own,
    ...(ofGroup ? { group_id: 1 } : { project_id: forge.project.id }),
  }));
}
