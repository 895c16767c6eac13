/**
 * Commits: single ones, those between two refs, and a new one that changes many files at once. GitLab documentation:
 * "Commits API", "Repositories API"; texts of refusals: GitLab `app/services/files/multi_service.rb`, `commits/create_service.rb`.
 */
import { z } from "zod";
import { json, refuse, refuseError, Refusal, type Reply } from "../http/reply.js";
import type { Forge } from "../state/forge.js";
import type { Commit, Tree } from "../state/repository.js";
import { requireRole } from "./authorize.js";
import { bodyOf } from "./body.js";
import type { Exchange } from "./exchange.js";
import { paginate } from "./pagination.js";
import { requiredQuery } from "./parameters.js";
import { forgeFor } from "./repository.js";
import { showCommit } from "./show-forge.js";

const Action = z.object({
  action: z.enum(["create", "update", "delete", "move", "chmod"]),
  file_path: z.string().min(1),
  content: z.string().optional(),
  encoding: z.enum(["text", "base64"]).default("text"),
});
type Action = z.output<typeof Action>;

const NewCommit = z.object({
  branch: z.string(),
  commit_message: z.string(),
  actions: z.array(Action),
  start_branch: z.string().optional(),
  start_sha: z.string().optional(),
  force: z.boolean().default(false),
});

export function getCommit(exchange: Exchange): Reply {
  const forge = forgeFor(exchange);
  const commit = forge.repository.at(exchange.params["sha"] ?? "");
  return commit === undefined
    ? refuse(404, "Commit Not Found")
    : json(showCommit(exchange.instance, forge, commit));
}

/** GET `/projects/:id/repository/commits?ref_name=`: a commit and its ancestors, newest first. This list is never counted. */
export function listCommits(exchange: Exchange): Reply {
  const forge = forgeFor(exchange);
  const ref = exchange.request.query.get("ref_name") ?? forge.project.defaultBranch;
  const known = forge.repository.at(ref) === undefined ? refuse(404, "Commit Not Found") : ref;
  const show = (commit: Commit) => showCommit(exchange.instance, forge, commit);
  return paginate(exchange, forge.repository.ahead(known, ""), show, { counted: false });
}

/** The files that a commit changes; their texts are left out. */
export function listDiffs(exchange: Exchange): Reply {
  const { repository } = forgeFor(exchange);
  const commit = repository.at(exchange.params["sha"] ?? "") ?? refuse(404, "Commit Not Found");
  const before = repository.at(commit.parents[0] ?? "")?.tree ?? new Map<string, string>();
  const paths = [...new Set([...before.keys(), ...commit.tree.keys()])];
  const changed = paths.filter((path) => before.get(path) !== commit.tree.get(path)).sort();
  return paginate(exchange, changed, (path) => ({
    old_path: path,
    new_path: path,
    a_mode: "100644",
    b_mode: "100644",
    new_file: !before.has(path),
    renamed_file: false,
    deleted_file: !commit.tree.has(path),
    diff: "",
  }));
}

export function compare(exchange: Exchange): Reply {
  const forge = forgeFor(exchange);
  const [from, to] = [requiredQuery(exchange, "from"), requiredQuery(exchange, "to")];
  if (forge.repository.at(from) === undefined || forge.repository.at(to) === undefined)
    refuse(404, "Ref Not Found");
  const commits = forge.repository.ahead(to, from).reverse();
  return json({
    commit: null,
    commits: commits.map((commit) => showCommit(exchange.instance, forge, commit)),
    diffs: [],
    compare_timeout: false,
    compare_same_ref: from === to,
    web_url: `${exchange.instance.url}/${forge.project.path}/-/compare/${from}...${to}`,
  });
}

/** All of it or nothing. With `force`, one commit on top of the start replaces what the branch was. */
export function createCommit(exchange: Exchange): Reply {
  const forge = forgeFor(exchange);
  requireRole(exchange, forge.project, "developer");
  const given = bodyOf(exchange, NewCommit);
  if (given.start_branch !== undefined && given.start_sha !== undefined)
    refuseError(400, "start_branch, start_sha are mutually exclusive");
  const { branch, force } = given;
  const start = given.start_sha ?? given.start_branch;
  const exists = forge.headOf(branch) !== undefined;
  if (start === undefined && !exists) bad("You can only create or edit files when you are on a branch");
  if (start !== undefined && start !== branch && exists && !force)
    bad(`A branch called '${branch}' already exists. Switch to that branch in order to make changes`);
  const onto =
    forge.repository.at(start ?? branch) ?? bad("You can only create or edit files when you are on a branch");
  const files = Object.fromEntries(
    given.actions.map((action) => [action.file_path, textAfter(action, onto.tree)]),
  );
  const author = { name: exchange.caller?.user ?? "", email: `${exchange.caller?.user}@noreply.example.com` };
  const commit = forge.repository.commit(branch, {
    files,
    message: given.commit_message,
    author,
    onto: onto.id,
  });
  forge.branchMoved(branch, exchange.instance.knobs.mergeabilityChecks);
  return json(showCommit(exchange.instance, forge, commit), 201);
}

export function requireSource(forge: Forge, branch: string): void {
  if (forge.headOf(branch) === undefined)
    throw new Refusal(json({ message: { source_branch: ["does not exist"] } }, 400));
}

function textAfter({ action, file_path: path, content, encoding }: Action, tree: Tree): string | null {
  if (action === "create" && tree.has(path)) bad("A file with this name already exists");
  if (action !== "create" && !tree.has(path)) bad("A file with this name doesn't exist");
  if (action === "delete") return null;
  if (content === undefined)
    return action === "create" ? "" : refuseError(400, "actions[content] is missing");
  return encoding === "base64" ? Buffer.from(content, "base64").toString() : content;
}

function bad(message: string): never {
  throw new Refusal(json({ message }, 400));
}
