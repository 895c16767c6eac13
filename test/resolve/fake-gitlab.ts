import type { ServerResponse } from "node:http";
import { sendJson, serve } from "../gitlab/http-server.js";

/** One project of a GitLab, as far as resolve looks at it. */
export interface FakeProject {
  readonly id: number;
  readonly path: string;
  readonly pipelines: readonly FakePipeline[];
  readonly tags?: readonly FakeTag[] | "forbidden";
  /** Name of the route for trigger jobs; "trigger_jobs" is that of GitLab 19.2. */
  readonly triggerRoute?: "bridges" | "trigger_jobs";
}

export interface FakePipeline {
  readonly id: number;
  readonly ref?: string;
  readonly tag?: boolean;
  readonly status?: string;
  readonly source?: string;
  readonly jobs: readonly FakeJob[];
  readonly triggers?: readonly { readonly id: number; readonly project?: number }[];
}

export interface FakeJob {
  readonly id: number;
  readonly name: string;
  readonly status?: string;
  /** Types of the stored rows; default an archive. */
  readonly artifacts?: readonly string[];
  readonly expireAt?: string;
  readonly erasedAt?: string;
}

export interface FakeTag {
  readonly name: string;
  readonly committedAt: string;
}

/** Commit of every job: 2026-06-15 in UTC, written with an offset. */
const COMMITTED = "2026-06-16T01:00:00.000+02:00";
const SHA = "c0ffee".repeat(7).slice(0, 40);

/** A GitLab on a real socket that answers for the project's routes and forgets nothing. */
export async function startFakeGitLab(project: FakeProject) {
  const server = await serve((request, response) => {
    const url = new URL(request.url ?? "/", "http://fake");
    const [, id = "", rest = ""] = /^\/api\/v4\/projects\/([^/]+)(?:\/(.*))?$/.exec(url.pathname) ?? [];
    if (![String(project.id), encodeURIComponent(project.path)].includes(id)) {
      return sendJson(response, { message: "404 Project Not Found" }, { status: 404 });
    }
    return answer(rest, url.searchParams, { project, base: server.url, response });
  });
  return { url: server.url, asked: () => server.requests.map(({ url }) => String(url)) };
}

interface Exchange {
  readonly project: FakeProject;
  readonly base: string;
  readonly response: ServerResponse;
}

function answer(route: string, query: URLSearchParams, exchange: Exchange): void {
  const { project, response } = exchange;
  const [, pipelineId, list] = /^pipelines\/(\d+)(?:\/(\w+))?$/.exec(route) ?? [];
  const pipeline = project.pipelines.find(({ id }) => String(id) === pipelineId);
  if (route === "pipelines") return sendPipelines(query, exchange);
  if (route === "repository/tags") return sendTags(exchange);
  if (route.startsWith("jobs/")) return sendJob(Number(route.slice("jobs/".length)), exchange);
  if (pipelineId !== undefined && pipeline === undefined) return notFound(response);
  if (pipeline === undefined) return unknownRoute(response);
  if (list === undefined) return sendJson(response, pipelineJson(pipeline, exchange));
  if (list === "jobs") return sendJobs(pipeline, query, exchange);
  if (list !== (project.triggerRoute ?? "bridges")) return unknownRoute(response);
  const triggers = pipeline.triggers?.map(({ id, project: other }) => ({
    downstream_pipeline: { id, project_id: other ?? project.id },
  }));
  return sendJson(response, [...(triggers ?? []), { downstream_pipeline: null }]);
}

function sendPipelines(query: URLSearchParams, exchange: Exchange): void {
  const wanted = exchange.project.pipelines
    .filter(({ ref = "main" }) => [null, ref].includes(query.get("ref")))
    .filter(({ status = "success" }) => [null, status].includes(query.get("status")))
    .sort((a, b) => b.id - a.id);
  sendPage(
    wanted.map((pipeline) => pipelineJson(pipeline, exchange)),
    query,
    exchange.response,
  );
}

function sendJobs(pipeline: FakePipeline, query: URLSearchParams, exchange: Exchange): void {
  sendPage(
    pipeline.jobs.map((job) => jobJson(job, pipeline, exchange)),
    query,
    exchange.response,
  );
}

/** One page, with the link that GitLab would write: of its own configured address. */
function sendPage(items: readonly unknown[], query: URLSearchParams, response: ServerResponse): void {
  const page = Number(query.get("page") ?? 1);
  const size = Number(query.get("per_page"));
  const next = new URLSearchParams(query);
  next.set("page", String(page + 1));
  const more = items.length > page * size;
  const headers = more ? { link: `<https://configured.example/api/v4/x?${next}>; rel="next"` } : {};
  sendJson(response, items.slice((page - 1) * size, page * size), { headers });
}

function sendTags({ project, response }: Exchange): void {
  if (project.tags === "forbidden") return sendJson(response, { message: "403 Forbidden" }, { status: 403 });
  const tags = project.tags ?? [];
  return sendJson(
    response,
    tags.map(({ name, committedAt }) => ({ name, commit: { id: SHA, committed_date: committedAt } })),
  );
}

function sendJob(id: number, exchange: Exchange): void {
  for (const pipeline of exchange.project.pipelines) {
    const job = pipeline.jobs.find((job) => job.id === id);
    if (job !== undefined) return sendJson(exchange.response, jobJson(job, pipeline, exchange));
  }
  return notFound(exchange.response);
}

function pipelineJson(
  { id, ref = "main", status = "success", source = "push" }: FakePipeline,
  exchange: Exchange,
) {
  const web_url = `${exchange.base}/${exchange.project.path}/-/pipelines/${id}`;
  return { id, project_id: exchange.project.id, ref, sha: SHA, status, source, web_url };
}

function jobJson(job: FakeJob, pipeline: FakePipeline, exchange: Exchange) {
  return {
    id: job.id,
    name: job.name,
    status: job.status ?? "success",
    tag: pipeline.tag ?? false,
    created_at: "2026-06-17T12:00:00.000+02:00",
    erased_at: job.erasedAt ?? null,
    artifacts_expire_at: job.expireAt ?? null,
    artifacts: (job.artifacts ?? ["archive", "metadata"]).map((file_type) => ({ file_type })),
    commit: { id: SHA, created_at: COMMITTED },
    pipeline: pipelineJson(pipeline, exchange),
  };
}

function notFound(response: ServerResponse): void {
  sendJson(response, { message: "404 Not found" }, { status: 404 });
}

function unknownRoute(response: ServerResponse): void {
  sendJson(response, { error: "404 Not Found" }, { status: 404 });
}
