/** Lock → the same lock, whose artifacts GitLab no longer lets expire. Beside the line, as far as people ask for it. */
import { UserError } from "./errors.js";
import { keepArtifacts } from "./gitlab/jobs.js";
import type { GitLabWriter } from "./gitlab/writer.js";
import { limitPerHost } from "./host-limit.js";
import type { Lock, LockedArtifact, LockedVariant } from "./lock/schema.js";

export interface Kept {
  /** With the dates of expiry that GitLab now says. */
  readonly lock: Lock;
  /** One for each job that GitLab does not keep; its entries are as they were. */
  readonly errors: readonly UserError[];
}

/** Asks GitLab once for each job of the named artifacts that has a date of expiry. What has none is kept already. */
export async function keepLocked(
  lock: Lock,
  names: ReadonlySet<string>,
  writer: GitLabWriter,
): Promise<Kept> {
  const jobs = expiringJobs(lock, names);
  const limit = limitPerHost();
  const expiry = new Map<string, string | null>();
  const errors: UserError[] = [];
  const keep = async (job: ExpiringJob): Promise<void> => {
    try {
      const { gitlab: instance, variant } = job;
      const answer = await keepArtifacts(writer, { instance, project: variant.projectId }, variant.job);
      expiry.set(keyOf(instance, variant), answer.artifacts_expire_at ?? null);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      errors.push(explain(error, job));
    }
  };
  await Promise.all(jobs.map((job) => limit(job.gitlab, () => keep(job))));
  return { lock: withExpiry(lock, expiry), errors };
}

interface ExpiringJob {
  readonly artifact: string;
  readonly gitlab: string;
  readonly variant: LockedVariant;
}

function expiringJobs(lock: Lock, names: ReadonlySet<string>): readonly ExpiringJob[] {
  const jobs = new Map<string, ExpiringJob>();
  for (const [artifact, { gitlab, systems }] of Object.entries(lock.artifacts)) {
    if (!names.has(artifact)) continue;
    for (const variant of Object.values(systems)) {
      if (variant.expiresAt !== null) jobs.set(keyOf(gitlab, variant), { artifact, gitlab, variant });
    }
  }
  return [...jobs.values()];
}

function keyOf(instance: string, { projectId, job }: LockedVariant): string {
  return `${instance} ${projectId} ${job}`;
}

/** GitLab's 404 says neither what is missing nor why. */
function explain({ code, message, hint }: UserError, { artifact, variant }: ExpiringJob): UserError {
  const what = `${artifact}: job ${variant.job} of ${variant.project} is not kept`;
  const at = variant.expiresAt;
  if (code.endsWith("NOT_FOUND") && at !== null && Date.parse(at) <= Date.now()) {
    return new UserError("KEEP_EXPIRED", `${what}: its artifacts expired on ${at}`, {
      hint: "run the job again in GitLab, then: artifacts lock --keep",
    });
  }
  return new UserError(code, `${what}. ${message}`, { hint });
}

function withExpiry(lock: Lock, expiry: ReadonlyMap<string, string | null>): Lock {
  const update = (artifact: LockedArtifact): LockedArtifact => ({
    ...artifact,
    systems: mapValues(artifact.systems, (variant) => {
      const expiresAt = expiry.get(keyOf(artifact.gitlab, variant));
      return expiresAt === undefined ? variant : { ...variant, expiresAt };
    }),
  });
  return { ...lock, artifacts: mapValues(lock.artifacts, update) };
}

function mapValues<T>(record: Readonly<Record<string, T>>, map: (value: T) => T): Record<string, T> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
}
