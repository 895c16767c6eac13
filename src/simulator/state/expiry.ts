/**
 * What the simulated instance holds, and how it changes.
 * Here: the life of artifacts: expiry, the lock on the newest ones, the clean-up that deletes them, erasing.
 */
import type { Artifacts, Job, Pipeline } from "./model.js";
import { CI_SOURCES } from "./sources.js";
import type { Clock, State } from "./state.js";

/** Past its date and not locked: some routes refuse it at once, others serve it until it is cleaned up. */
export function isExpired(job: Job, now: Clock): boolean {
  return job.artifacts !== undefined && isPastExpiry(job.artifacts, now) && !isLocked(job);
}

/** Past its date, whether locked or not. */
export function isPastExpiry(artifacts: Artifacts, now: Clock): boolean {
  return artifacts.expireAt !== null && artifacts.expireAt <= now();
}

/** Locked are the artifacts of a ref's successful pipeline until a newer one of the ref succeeds or becomes blocked. */
export function isLocked(job: Job): boolean {
  const root = rootOf(job.pipeline);
  if (!root.project.keepLatest || root.status !== "success") return false;
  return !root.project.pipelines.some(
    ({ id, ref, status, source }) =>
      id > root.id &&
      ref === root.ref &&
      CI_SOURCES.has(source) &&
      (status === "success" || status === "manual"),
  );
}

/** Lets the artifacts of a job expire now. Their bytes stay until `cleanUp`. */
export function expire(job: Job, now: Clock): void {
  if (job.artifacts === undefined) throw new RangeError(`Job ${job.id} has no artifacts`);
  job.artifacts.expireAt = new Date(now().getTime() - 1);
}

/** Deletes what has expired and is not locked, as GitLab's hourly worker does. Returns the number of jobs that lost artifacts. */
export function cleanUp(state: State, now: Clock): number {
  const expired = [...state.jobs.values()].filter((job) => isExpired(job, now));
  for (const job of expired) {
    job.expiredAt = job.artifacts?.expireAt ?? null;
    job.artifacts = undefined;
  }
  return expired.length;
}

/** Deletes artifacts and log of a job. */
export function erase(job: Job, now: Clock): void {
  job.artifacts = undefined;
  job.erasedAt = now();
}

function rootOf(pipeline: Pipeline): Pipeline {
  const { parent } = pipeline;
  return parent === undefined || parent.project !== pipeline.project ? pipeline : rootOf(parent);
}
