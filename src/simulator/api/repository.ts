/**
 * Files, trees and branches of a repository. GitLab documentation: "Repository files API", "Repositories API", "Branches API".
 */
import { createHash } from "node:crypto";
import { z } from "zod";
import { empty, json, refuse, refuseError, text, type Reply } from "../http/reply.js";
import { forgeOf, type Forge } from "../state/forge.js";
import { blobIdOf, type Commit } from "../state/repository.js";
import { projectOf, requireRole } from "./authorize.js";
import { bodyOf } from "./body.js";
import type { Exchange } from "./exchange.js";
import { paginate } from "./pagination.js";
import { booleanQuery, requiredQuery } from "./parameters.js";
import { showBranch } from "./show-forge.js";

export function forgeFor(exchange: Exchange): Forge {
  return forgeOf(projectOf(exchange), exchange.instance.now);
}

export function getFile(exchange: Exchange): Reply {
  const ref = requiredQuery(exchange, "ref");
  const { commit, path, content } = fileAt(exchange, ref);
  return json({
    file_name: path.split("/").at(-1),
    file_path: path,
    size: Buffer.byteLength(content),
    encoding: "base64",
    content: Buffer.from(content).toString("base64"),
    content_sha256: createHash("sha256").update(content).digest("hex"),
    ref,
    blob_id: blobIdOf(content),
    commit_id: commit.id,
    last_commit_id: commit.id,
    execute_filemode: false,
  });
}

export function getRawFile(exchange: Exchange): Reply {
  const { defaultBranch } = projectOf(exchange);
  return text(200, fileAt(exchange, exchange.request.query.get("ref") ?? defaultBranch).content);
}

function fileAt(exchange: Exchange, ref: string): { commit: Commit; path: string; content: string } {
  const path = exchange.params["file_path"] ?? "";
  const commit = forgeFor(exchange).repository.at(ref);
  if (commit === undefined) refuse(404, "Commit Not Found");
  const content = commit.tree.get(path);
  return content === undefined ? refuse(404, "File Not Found") : { commit, path, content };
}

export function listTree(exchange: Exchange): Reply {
  const { query } = exchange.request;
  const folder = query.get("path") ?? "";
  const recursive = booleanQuery(exchange, "recursive");
  const commit = forgeFor(exchange).repository.at(query.get("ref") ?? projectOf(exchange).defaultBranch);
  if (commit === undefined) refuse(404, "Tree Not Found");
  const rows = entriesBelow(commit, folder).filter(
    ({ path }) => recursive || !path.slice(folder === "" ? 0 : folder.length + 1).includes("/"),
  );
  if (rows.length === 0 && folder !== "") refuse(404, "invalid revision or path Not Found");
  return paginate(exchange, rows, (row) => row);
}

function entriesBelow({ tree }: Commit, folder: string) {
  const prefix = folder === "" ? "" : `${folder}/`;
  const files = [...tree].filter(([path]) => path.startsWith(prefix));
  const folders = new Set(
    files.flatMap(([path]) => parentsOf(path)).filter((path) => path.startsWith(prefix)),
  );
  const rows = [
    ...[...folders].map((path) => ({ id: blobIdOf(path), path, type: "tree", mode: "040000" })),
    ...files.map(([path, content]) => ({ id: blobIdOf(content), path, type: "blob", mode: "100644" })),
  ];
  return rows
    .map((row) => ({ ...row, name: row.path.split("/").at(-1) }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

function parentsOf(path: string): string[] {
  const parts = path.split("/");
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join("/"));
}

/** `search`: `^artifacts/` at the beginning, `name$` at the end, anything else anywhere. */
export function listBranches(exchange: Exchange): Reply {
  const forge = forgeFor(exchange);
  const search = exchange.request.query.get("search") ?? "";
  const matches = (name: string) =>
    search.startsWith("^")
      ? name.startsWith(search.slice(1))
      : search.endsWith("$")
        ? name.endsWith(search.slice(0, -1))
        : name.includes(search);
  const names = [...forge.repository.branches.keys()].filter(matches).sort();
  return paginate(exchange, names, (name) => showBranch(exchange.instance, forge, name));
}

/** A project without files has the branches that its pipelines ran for. */
export function getBranch(exchange: Exchange): Reply {
  const forge = forgeFor(exchange);
  const name = exchange.params["branch"] ?? "";
  // A project without a repository has the branches that pipelines ran for.
  const isBare = forge.repository.branches.size === 0;
  const ran = isBare && forge.project.pipelines.some(({ ref, tag }) => ref === name && !tag);
  return json(showBranch(exchange.instance, forge, ran ? name : branchOf(exchange, forge)));
}

export function createBranch(exchange: Exchange): Reply {
  const forge = forgeFor(exchange);
  requireRole(exchange, forge.project, "developer");
  const { branch, ref } = bodyOf(exchange, z.object({ branch: z.string(), ref: z.string() }));
  const commit = forge.repository.at(ref);
  if (commit === undefined) return json({ message: `Invalid reference name: ${ref}` }, 400);
  if (forge.headOf(branch) !== undefined) return json({ message: "Branch already exists" }, 400);
  forge.repository.branches.set(branch, commit.id);
  return json(showBranch(exchange.instance, forge, branch), 201);
}

export function deleteBranch(exchange: Exchange): Reply {
  const forge = forgeFor(exchange);
  requireRole(exchange, forge.project, "developer");
  forge.repository.branches.delete(branchOf(exchange, forge));
  return empty(204);
}

function branchOf(exchange: Exchange, forge: Forge): string {
  const name = exchange.params["branch"] ?? "";
  if (/[\s~^:?*[\\]/.test(name)) refuseError(400, "The branch refname is invalid");
  return forge.headOf(name) === undefined ? refuse(404, "Branch Not Found") : name;
}
