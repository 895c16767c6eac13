/**
 * Archives of jobs: by job id, by ref and job name, kept, deleted.
 */
import { empty, json, refuse, refuseMissingRecord, type Reply } from "../http/reply.js";
import { atLeast } from "../knobs.js";
import { expire, isExpired, isLocked, isPastExpiry } from "../state/expiry.js";
import { latestJob } from "../state/latest.js";
import type { Archive } from "../archive/archive.js";
import type { Job } from "../state/model.js";
import { jobOf, projectOf, projectWithJobs, requireArtifactsAccess, requireRole } from "./authorize.js";
import { visibleStatus, type Exchange } from "./exchange.js";
import { booleanQuery, requiredQuery } from "./parameters.js";
import { serveArchive } from "./serve-archive.js";
import { showJob } from "./show.js";

/** GET `/projects/:id/jobs/:job_id/artifacts`. An expired archive is served until it is cleaned up. */
export function downloadByJob(exchange: Exchange): Reply {
  const job = jobOf(exchange);
  requireArtifactsAccess(exchange, job);
  return serveArchive(exchange, job, archiveOf(job) ?? refuse(404, "Not Found"));
}

/** GET `/projects/:id/jobs/artifacts/:ref_name/download?job=`. */
export function downloadByRef(exchange: Exchange): Reply {
  const job = latestJobOf(exchange, "18.7");
  requireArtifactsAccess(exchange, job);
  const archive = archiveOf(job);
  if (archive !== undefined) return serveArchive(exchange, job, archive);
  // Before, a job with reports only made the server stumble over the missing archive.
  return atLeast(exchange.instance.knobs, "19.0") ? refuse(404, "Not Found") : internalError();
}

/** The job that a ref and `?job=` stand for; `searchSince` is the release in which the route learnt to search. */
export function latestJobOf(exchange: Exchange, searchSince: string): Job {
  const { instance, params } = exchange;
  const jobName = requiredQuery(exchange, "job");
  const searchRecent =
    atLeast(instance.knobs, searchSince) && booleanQuery(exchange, "search_recent_successful_pipelines");
  const job = latestJob(projectWithJobs(exchange), {
    ref: params["ref_name"] ?? "",
    jobName,
    searchRecent,
    isSuccessful: (pipeline) => visibleStatus(instance, pipeline) === "success",
  });
  return job ?? (searchRecent ? refuse(404, "Job Not Found") : refuseMissingRecord());
}

/** POST `…/artifacts/keep`: no expiry any more. */
export function keepArtifacts(exchange: Exchange): Reply {
  const job = jobOf(exchange);
  requireRole(exchange, job.pipeline.project, "developer");
  const { artifacts } = job;
  if (artifacts?.archive === undefined || isPastExpiry(artifacts, exchange.instance.now))
    refuse(404, "Not Found");
  artifacts.expireAt = null;
  return json(showJob(exchange.instance, job));
}

/** DELETE `/projects/:id/jobs/:job_id/artifacts`. */
export function deleteJobArtifacts(exchange: Exchange): Reply {
  const job = jobOf(exchange);
  requireRole(exchange, job.pipeline.project, "maintainer");
  job.artifacts = undefined;
  return empty(204);
}

/** DELETE `/projects/:id/artifacts`: lets all that is not locked expire; a worker deletes it later. */
export function deleteProjectArtifacts(exchange: Exchange): Reply {
  const project = projectOf(exchange);
  requireRole(exchange, project, "maintainer");
  const { now } = exchange.instance;
  const jobs = project.pipelines.flatMap(({ jobs }) => jobs);
  for (const job of jobs)
    if (job.artifacts !== undefined && !isLocked(job) && !isExpired(job, now)) expire(job, now);
  return json({ message: "202 Accepted" }, 202);
}

export function internalError(): never {
  refuse(500, "Internal Server Error");
}

function archiveOf(job: Job): Archive | undefined {
  return job.artifacts?.archive;
}
