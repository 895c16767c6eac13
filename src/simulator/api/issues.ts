/** Issues. GitLab documentation: "Issues API". */
import { z } from "zod";
import { json, refuseMissingRecord, type Reply } from "../http/reply.js";
import { requireRole } from "./authorize.js";
import { bodyOf, Words } from "./body.js";
import type { Exchange } from "./exchange.js";
import { paginate } from "./pagination.js";
import { enumQuery, integerParam } from "./parameters.js";
import { forgeFor } from "./repository.js";
import { showIssue } from "./show-forge.js";

const Changes = z.object({
  title: z.string().min(1).max(255).optional(),
  description: z.string().max(1_048_576).optional(),
  labels: Words.optional(),
  state_event: z.enum(["close", "reopen"]).optional(),
});

export function listIssues(exchange: Exchange): Reply {
  const forge = forgeFor(exchange);
  const state = enumQuery(exchange, "state", ["opened", "closed", "all"]) ?? "all";
  const labels = (exchange.request.query.get("labels") ?? "").split(",").filter((label) => label !== "");
  const words = (exchange.request.query.get("search") ?? "").toLowerCase().split(/\s+/);
  const fields = (exchange.request.query.get("in") ?? "title,description").split(",");
  const rows = forge.issues
    .filter(({ title, description }) => {
      const text = Object.entries({ title, description }).flatMap(([name, it]) =>
        fields.includes(name) ? [it] : [],
      );
      return words.every((word) => text.some((it) => it.toLowerCase().includes(word)));
    })
    .filter((issue) => state === "all" || issue.state === state)
    .filter((issue) => labels.every((label) => issue.labels.includes(label)));
  return paginate(exchange, rows.toReversed(), (issue) => showIssue(exchange.instance, forge, issue));
}

export function getIssue(exchange: Exchange): Reply {
  const forge = forgeFor(exchange);
  const iid = integerParam(exchange, "issue_iid");
  const issue = forge.issues.find((one) => one.iid === iid) ?? refuseMissingRecord();
  return json(showIssue(exchange.instance, forge, issue));
}

export function createIssue(exchange: Exchange): Reply {
  const forge = forgeFor(exchange);
  requireRole(exchange, forge.project, "reporter");
  const { title, description = "", labels = [] } = bodyOf(exchange, Changes.required({ title: true }));
  const author = exchange.caller?.user ?? "";
  const issue = {
    iid: forge.issues.length + 1,
    author,
    title,
    description,
    labels,
    state: "opened" as const,
    createdAt: exchange.instance.now(),
  };
  forge.issues.push(issue);
  return json(showIssue(exchange.instance, forge, issue), 201);
}

export function updateIssue(exchange: Exchange): Reply {
  const forge = forgeFor(exchange);
  requireRole(exchange, forge.project, "reporter");
  const iid = integerParam(exchange, "issue_iid");
  const issue = forge.issues.find((one) => one.iid === iid) ?? refuseMissingRecord();
  const { title, description, labels, state_event: event } = bodyOf(exchange, Changes);
  issue.title = title ?? issue.title;
  issue.description = description ?? issue.description;
  issue.labels = labels ?? issue.labels;
  if (event !== undefined) issue.state = event === "close" ? "closed" : "opened";
  return json(showIssue(exchange.instance, forge, issue));
}
