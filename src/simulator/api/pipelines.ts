/**
 * Pipelines, and the jobs in them that start other pipelines.
 */
import { json, refuse, refuseMissingRecord, type Reply } from "../http/reply.js";
import { Source, Status } from "../state/input.js";
import type { Pipeline } from "../state/model.js";
import { CI_SOURCES } from "../state/sources.js";
import { projectWithJobs } from "./authorize.js";
import { visibleStatus, type Exchange } from "./exchange.js";
import { paginate } from "./pagination.js";
import { enumQuery, integerParam, statusScope, timeQuery } from "./parameters.js";
import { showBridge, showFullPipeline, showPipeline } from "./show.js";

/** What the values of `scope` select by status; `branches` and `tags` select the newest of each ref. */
const SCOPES: Readonly<Record<"running" | "pending" | "finished", readonly Status[]>> = {
  running: ["running"],
  pending: ["created", "pending", "preparing", "waiting_for_resource"],
  finished: ["success", "failed", "canceled"],
};

const ORDERS = {
  id: (a: Pipeline, b: Pipeline) => a.id - b.id,
  status: (a: Pipeline, b: Pipeline) => a.status.localeCompare(b.status) || a.id - b.id,
  ref: (a: Pipeline, b: Pipeline) => a.ref.localeCompare(b.ref) || a.id - b.id,
  updated_at: (a: Pipeline, b: Pipeline) => a.updatedAt.getTime() - b.updatedAt.getTime() || a.id - b.id,
  user_id: (a: Pipeline, b: Pipeline) => a.id - b.id,
};

export function listPipelines(exchange: Exchange): Reply {
  const orderBy = enumQuery(exchange, "order_by", ["id", "status", "ref", "updated_at", "user_id"]) ?? "id";
  const descending = (enumQuery(exchange, "sort", ["asc", "desc"]) ?? "desc") === "desc";
  const isWanted = pipelineFilter(exchange);
  const project = projectWithJobs(exchange);
  const pipelines = project.pipelines.filter(isWanted).sort(ORDERS[orderBy]);
  if (descending) pipelines.reverse();
  return paginate(exchange, inScope(exchange, pipelines), (pipeline) =>
    showPipeline(exchange.instance, pipeline),
  );
}

/** The newest pipeline of a ref's head commit, whatever its status. */
export function getLatestPipeline(exchange: Exchange): Reply {
  const project = projectWithJobs(exchange);
  const ref = exchange.request.query.get("ref") ?? project.defaultBranch;
  const newest = project.pipelines.findLast(
    (pipeline) => pipeline.ref === ref && CI_SOURCES.has(pipeline.source),
  );
  return newest === undefined ? refuse(403, "Forbidden") : json(showFullPipeline(exchange.instance, newest));
}

export function getPipeline(exchange: Exchange): Reply {
  return json(showFullPipeline(exchange.instance, pipelineOf(exchange)));
}

export function listBridges(exchange: Exchange): Reply {
  const isSelected = statusScope(exchange);
  const bridges = pipelineOf(exchange).bridges.filter(({ downstream }) => isSelected(downstream));
  return paginate(exchange, bridges, (bridge) => showBridge(exchange.instance, bridge));
}

/** The pipeline that `:pipeline_id` names. */
export function pipelineOf(exchange: Exchange): Pipeline {
  const id = integerParam(exchange, "pipeline_id");
  const project = projectWithJobs(exchange);
  const pipeline = exchange.instance.state.pipelines.get(id);
  if (pipeline === undefined || pipeline.project !== project) refuseMissingRecord();
  return pipeline;
}

/** Child pipelines are shown only to those who ask for their source. */
function pipelineFilter(exchange: Exchange): (pipeline: Pipeline) => boolean {
  const { query } = exchange.request;
  const status = enumQuery(exchange, "status", Status.options);
  const source = enumQuery(exchange, "source", Source.options);
  const times = [
    [timeQuery(exchange, "updated_after"), timeQuery(exchange, "updated_before"), "updatedAt"],
    [timeQuery(exchange, "created_after"), timeQuery(exchange, "created_before"), "createdAt"],
  ] as const;
  const isGiven = (name: string, value: string | null) => !query.has(name) || query.get(name) === value;
  return (pipeline) =>
    (source === undefined ? pipeline.source !== "parent_pipeline" : pipeline.source === source) &&
    (status === undefined || visibleStatus(exchange.instance, pipeline) === status) &&
    isGiven("ref", pipeline.ref) &&
    isGiven("sha", pipeline.sha) &&
    isGiven("name", pipeline.name) &&
    isGiven("username", "dev") &&
    times.every(
      ([after, before, field]) =>
        (after === undefined || pipeline[field] > after) &&
        (before === undefined || pipeline[field] < before),
    );
}

function inScope(exchange: Exchange, pipelines: readonly Pipeline[]): readonly Pipeline[] {
  const scope = enumQuery(exchange, "scope", ["running", "pending", "finished", "branches", "tags"]);
  if (scope === undefined) return pipelines;
  if (scope === "branches" || scope === "tags") {
    const ofKind = pipelines.filter(({ tag }) => tag === (scope === "tags"));
    return ofKind.filter(({ id, ref }) => !ofKind.some((other) => other.ref === ref && other.id > id));
  }
  return pipelines.filter((pipeline) => SCOPES[scope].includes(visibleStatus(exchange.instance, pipeline)));
}
