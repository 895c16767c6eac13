/** Comments on merge requests. GitLab documentation: "Notes API". A note of quick actions alone is none: 202. */
import { z } from "zod";
import { json, type Reply } from "../http/reply.js";
import { requireRole } from "./authorize.js";
import { bodyOf } from "./body.js";
import type { Exchange } from "./exchange.js";
import { mergeRequestOf } from "./merge-requests.js";
import { paginate } from "./pagination.js";
import { showNote } from "./show-forge.js";

/** Newest first. */
export function listNotes(exchange: Exchange): Reply {
  const { request } = mergeRequestOf(exchange);
  return paginate(exchange, request.notes.toReversed(), (note) => showNote(exchange.instance, request, note));
}

export function createNote(exchange: Exchange): Reply {
  const { forge, request } = mergeRequestOf(exchange);
  requireRole(exchange, forge.project, "reporter");
  const { body } = bodyOf(exchange, z.object({ body: z.string().min(1) }));
  if (body.split("\n").every((line) => line.startsWith("/"))) {
    return json({ commands_changes: {}, summary: ["Applied quick actions"] }, 202);
  }
  const note = forge.addNote(request, exchange.caller?.user ?? "", body);
  return json(showNote(exchange.instance, request, note), 201);
}
