import pLimit from "p-limit";
import { type Location, UserError } from "../errors.js";
import { artifactUrl } from "../gitlab/artifact-url.js";
import { GitLabError } from "../gitlab/gitlab-error.js";
import type { GitLab } from "../gitlab/gitlab.js";
import { projectPathOf } from "../gitlab/project-path.js";
import type { Job } from "../gitlab/schema.js";
import type { LockedVariant } from "../lock/schema.js";
import type { DeclaredVariant } from "../manifest/declared.js";
import { requireArchive } from "./availability.js";
import { findJob } from "./find-job.js";
import { createInquiry } from "./inquiry.js";
import type { Resolved } from "./resolved.js";
import type { Search } from "./search.js";
import { storeNameOf } from "./store-name.js";
import { unstableVersion, versionOfTag } from "./version.js";

export interface ResolveOptions {
  readonly gitlab: GitLab;
  /** What the lock holds for a variant: its name stays, and what is unchanged is not asked again. */
  readonly previous?: (variant: DeclaredVariant) => LockedVariant | undefined;
  readonly onWarning?: (warning: ResolveWarning) => void;
}

/** Something that a person should know and that stops nothing. */
export interface ResolveWarning {
  readonly message: string;
  readonly at: Location;
}

/** One per variant, in their order. */
export type ResolveOutcome =
  | { readonly variant: DeclaredVariant; readonly resolved: Resolved }
  | { readonly variant: DeclaredVariant; readonly error: UserError };

/** Variants under way at a time; the client bounds the connections of each host by itself. */
const CONCURRENCY = 32;

/**
 * Pins each variant to the job that it means now. Downloads nothing. What several variants ask is asked once, and a variant
 * that fails does not touch the others.
 */
export async function resolve(
  variants: readonly DeclaredVariant[],
  { gitlab, previous = () => undefined, onWarning = () => {} }: ResolveOptions,
): Promise<ResolveOutcome[]> {
  const inquiry = createInquiry(gitlab);
  const limit = pLimit(CONCURRENCY);
  const told = new Set<string>();
  return limit.map(variants, async (variant): Promise<ResolveOutcome> => {
    const warn = (message: string) => {
      if (!told.has(message)) onWarning({ message, at: variant.at.ref });
      told.add(message);
    };
    try {
      return { variant, resolved: await pin({ variant, inquiry, warn }, previous(variant)) };
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      return { variant, error: error.at === undefined ? placed(error, variant.at.project) : error };
    }
  });
}

async function pin(search: Search, previous: LockedVariant | undefined): Promise<Resolved> {
  const { variant } = search;
  const job = await findJob(search);
  requireArchive(job, variant);
  const { id: pipeline, project_id: projectId, ref: refName, sha: commit } = job.pipeline;
  const address = { instance: variant.gitlab, projectId, job: job.id };
  return {
    ...variant,
    storeName: storeNameOf(variant, previous),
    version: await versionOf(job, search, previous),
    url: artifactUrl(address, variant.file),
    projectId,
    projectPath: await projectPath(job, search),
    refName,
    commit,
    pipeline,
    job: job.id,
    jobName: job.name,
    createdAt: job.created_at,
    expiresAt: job.artifacts_expire_at ?? null,
  };
}

async function versionOf(job: Job, search: Search, previous: LockedVariant | undefined): Promise<string> {
  const { variant, inquiry, warn } = search;
  const { ref: refName, project_id: projectId } = job.pipeline;
  if (job.tag) return versionOfTag(refName, "tag" in variant.ref ? variant.ref.tagPrefix : undefined);
  const archive = artifactUrl({ instance: variant.gitlab, projectId, job: job.id }, undefined);
  if (previous?.url.startsWith(archive) === true) return previous.version;
  const tags = await inquiry
    .tags({ instance: variant.gitlab, project: projectId })
    .catch((error: unknown) => {
      if (!(error instanceof GitLabError) || error.transient) throw error;
      warn(`The tags of ${variant.project} cannot be read, so versions begin with 0. ${error.message}`);
      return [];
    });
  return unstableVersion(job.commit?.created_at ?? job.created_at, tags);
}

/** GitLab names the project in the pipeline's web address, which saves a request; only an unusual address needs one. */
async function projectPath({ pipeline }: Job, { variant, inquiry }: Search): Promise<string> {
  const path = projectPathOf(pipeline.web_url, variant.gitlab);
  if (path !== undefined) return path;
  const address = { instance: variant.gitlab, project: pipeline.project_id };
  return (await inquiry.project(address)).path_with_namespace;
}

/** The same problem, at the place in the manifest that it belongs to. */
function placed(error: UserError, at: Location): UserError {
  const { code, message, hint, exitCode } = error;
  return new UserError(code, message, { hint, exitCode, at, cause: error });
}
