/**
 * Jobs: of a project, of a pipeline, single ones, and what may be done to them.
 */
import { json, refuse, Refusal, type Reply } from "../http/reply.js";
import { erase } from "../state/expiry.js";
import type { Job } from "../state/model.js";
import { unauthorized } from "./authenticate.js";
import { jobOf, projectWithJobs, requireRole } from "./authorize.js";
import type { Exchange } from "./exchange.js";
import { paginate } from "./pagination.js";
import { booleanQuery, isStatus, listQuery, statusScope } from "./parameters.js";
import { pipelineOf } from "./pipelines.js";
import { showJob } from "./show.js";

/** All attempts of all jobs, newest first; never counted. */
export function listProjectJobs(exchange: Exchange): Reply {
  const scope = listQuery(exchange, "scope");
  const project = projectWithJobs(exchange);
  if (!scope.every(isStatus)) throw new Refusal(json({ message: "Scope contains invalid value(s)" }, 400));
  const jobs = project.pipelines
    .flatMap(({ jobs }) => jobs)
    .filter(({ status }) => scope.length === 0 || scope.includes(status));
  return paginate(exchange, newestFirst(jobs), (job) => showJob(exchange.instance, job), {
    counted: false,
    keyset: { type: "Ci::Build", idOf: ({ id }) => id },
  });
}

export function listPipelineJobs(exchange: Exchange): Reply {
  const isSelected = statusScope(exchange);
  const includeRetried = booleanQuery(exchange, "include_retried");
  const jobs = pipelineOf(exchange).jobs.filter((job) => isSelected(job) && (includeRetried || !job.retried));
  return paginate(exchange, newestFirst(jobs), (job) => showJob(exchange.instance, job));
}

export function getJob(exchange: Exchange): Reply {
  return json(showJob(exchange.instance, jobOf(exchange)));
}

/** The job that the caller's job token belongs to. */
export function getOwnJob({ caller, instance }: Exchange): Reply {
  if (caller?.kind !== "job" || caller.job === undefined) unauthorized();
  return json(showJob(instance, instance.state.jobById(caller.job)));
}

export function eraseJob(exchange: Exchange): Reply {
  const job = jobOf(exchange);
  requireRole(exchange, job.pipeline.project, "developer");
  if (job.erasedAt !== undefined) refuse(403, "Forbidden - Job is not erasable!");
  erase(job, exchange.instance.now);
  return json(showJob(exchange.instance, job), 201);
}

function newestFirst(jobs: readonly Job[]): Job[] {
  return jobs.toSorted((a, b) => b.id - a.id);
}
