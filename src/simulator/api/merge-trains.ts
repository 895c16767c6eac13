/**
 * Merge trains. GitLab documentation: "Merge trains API". What a refusal other than 403 and 409 looks like is not documented; what
 * the pipeline of the train comes to is for the person who plays GitLab to say.
 */
import { z } from "zod";
import { json, refuse, type Reply } from "../http/reply.js";
import { requireRole } from "./authorize.js";
import { bodyOf } from "./body.js";
import type { Exchange } from "./exchange.js";
import { mergeRequestOf } from "./merge-requests.js";
import { detailedStatus, showMergeRequest } from "./show-forge.js";

const Joining = z.object({ sha: z.string().optional() });

export function addToMergeTrain(exchange: Exchange): Reply {
  const { forge, request } = mergeRequestOf(exchange);
  const { instance } = exchange;
  requireRole(exchange, forge.project, "developer");
  if (!forge.project.mergeTrains || instance.knobs.plan === "free") refuse(403, "Forbidden");
  const { sha } = bodyOf(exchange, Joining);
  if (sha !== undefined && sha !== request.sha)
    return json({ message: `SHA does not match HEAD of source branch: ${request.sha}` }, 409);
  const conflicts = forge.repository.merged(request.sourceBranch, request.targetBranch) === undefined;
  const draft = /^draft:/i.test(request.title);
  const status = detailedStatus(request, { checking: request.checksLeft > 0, conflicts, draft });
  if (status !== "mergeable") refuse(400, "Bad request - Failed to merge");
  // Without the commit, GitLab takes it from the train again.
  request.onTrain = sha !== undefined;
  const car = {
    id: request.id,
    merge_request: showMergeRequest(instance, forge, request),
    pipeline: null,
    target_branch: request.targetBranch,
    status: "idle",
    merged_at: null,
    duration: null,
  };
  return json([car], 201);
}
