import pLimit from "p-limit";
import { type Location, UserError } from "../errors.js";
import { excerpt } from "../redact.js";
import { artifactUrl } from "../gitlab/artifact-url.js";
import { GitLabError } from "../gitlab/gitlab-error.js";
import type { GitLab } from "../gitlab/gitlab.js";
import { projectPathOf } from "../gitlab/project-path.js";
import type { Job } from "../gitlab/schema.js";
import type { LockedVariant } from "../lock/schema.js";
import type { DeclaredVariant } from "../manifest/declared.js";
import { askTogether } from "./ask-together.js";
import { type Previous, asLocked, fitsLocked, isOfJob } from "./as-locked.js";
import { findJob } from "./find-job.js";
import { createInquiry } from "./inquiry.js";
import { type PassedOver, describePassedOver } from "./passed-over.js";
import { checkIdentity } from "./project-identity.js";
import { provenanceOf } from "./provenance.js";
import type { Resolved } from "./resolved.js";
import type { Search } from "./search.js";
import { storeNameOf } from "./store-name.js";
import { unstableVersion, versionOfTag } from "./version.js";

export interface ResolveOptions {
  readonly gitlab: GitLab;
  /** What the lock holds for a variant: its name stays, and what is unchanged is not asked again. */
  readonly previous?: (variant: DeclaredVariant) => Previous | undefined;
  /** The time that ages are counted from; by default the machine's. */
  readonly now?: Date;
  readonly onWarning?: (warning: ResolveWarning) => void;
  /** Told of the variants of one project, as soon as none of them is open any more. */
  readonly onProject?: ((resolved: readonly Resolved[]) => void) | undefined;
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
  options: ResolveOptions,
): Promise<ResolveOutcome[]> {
  const { gitlab, previous = () => undefined, onWarning = () => {}, onProject, now = new Date() } = options;
  const inquiry = createInquiry(gitlab);
  const limit = pLimit(CONCURRENCY);
  const together = askTogether(variants, inquiry, gitlab);
  const told = new Set<string>();
  const settle = async (variant: DeclaredVariant): Promise<ResolveOutcome> => {
    const warn = (message: string) => {
      if (!told.has(message)) onWarning({ message, at: variant.at.ref });
      told.add(message);
    };
    try {
      return { variant, resolved: await pin({ variant, inquiry, now, warn }, previous(variant)) };
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      return { variant, error: error.at === undefined ? placed(error, variant.at.project) : error };
    }
  };
  const outcomes = variants.map(async (variant) => {
    await together(variant);
    return limit(settle, variant);
  });
  if (onProject !== undefined) await tellByProject(outcomes, variants, onProject);
  return Promise.all(outcomes);
}

/** @throws what the first of the outcomes that has no end throws */
async function tellByProject(
  outcomes: readonly Promise<ResolveOutcome>[],
  variants: readonly DeclaredVariant[],
  tell: (resolved: readonly Resolved[]) => void,
): Promise<void> {
  const projects = new Map<string, Promise<ResolveOutcome>[]>();
  for (const [index, outcome] of outcomes.entries()) {
    const key = JSON.stringify([variants[index]?.gitlab, variants[index]?.project]);
    const own = projects.get(key);
    if (own === undefined) projects.set(key, [outcome]);
    else own.push(outcome);
  }
  const settled = [...projects.values()].map(async (own) =>
    tell((await Promise.all(own)).flatMap((one) => ("resolved" in one ? [one.resolved] : []))),
  );
  await Promise.all(settled);
}

async function pin(search: Search, previous: Previous | undefined): Promise<Resolved> {
  const { variant } = search;
  const { job, passedOver } = await findJob(search);
  const { id: pipeline, project_id: projectId, ref: refName, sha: commit } = job.pipeline;
  const path = await projectPath(job, search);
  checkIdentity({ id: projectId, path }, previous, search);
  if (previous !== undefined && isOnlyGone(previous, variant, passedOver)) {
    return stay(previous, passedOver, search);
  }
  tellOfGone(passedOver, pipeline, search);
  const [version, provenance] = await Promise.all([
    versionOf(job, search, previous?.variant),
    provenanceOf(job, search, previous?.variant),
  ]);
  const archive = job.artifacts.find(({ file_type }) => file_type === "archive");
  return {
    ...variant,
    storeName: storeNameOf(variant, previous?.variant),
    version,
    url: artifactUrl({ instance: variant.gitlab, projectId, job: job.id }, variant.file),
    projectId,
    projectPath: path,
    declaredSize: variant.file === undefined ? (archive?.size ?? undefined) : undefined,
    archiveName: archive?.filename ?? undefined,
    refName,
    commit,
    pipeline,
    job: job.id,
    jobName: job.name,
    createdAt: job.created_at,
    expiresAt: job.artifacts_expire_at ?? null,
    provenance,
    passedOver,
  };
}

/** Whether an older job was found for no other reason than that the locked artifacts are no longer there. */
function isOnlyGone(
  previous: Previous,
  declared: DeclaredVariant,
  passedOver: readonly PassedOver[],
): boolean {
  const own = passedOver.find(({ pipeline }) => pipeline === previous.variant.pipeline);
  return own?.gone === true && fitsLocked(declared, previous);
}

/** The locked bytes may live on in stores and caches; an older build is no update. */
function stay({ variant }: Previous, passedOver: readonly PassedOver[], search: Search): Resolved {
  const own = passedOver.find(({ pipeline }) => pipeline === variant.pipeline);
  const why = own === undefined ? "its artifacts are gone" : describePassedOver(own);
  search.warn(
    `${search.variant.project}: the locked job ${variant.job} "${excerpt(variant.jobName)}" has no artifacts any more, and only ` +
      `older pipelines have some; it stays locked: ${why}. Run it again in GitLab to have a new one.`,
  );
  return asLocked(search.variant, variant, passedOver);
}

function tellOfGone(passedOver: readonly PassedOver[], taken: number, { variant, warn }: Search): void {
  for (const one of passedOver) {
    if (one.gone) warn(`${variant.project}: ${describePassedOver(one)}; pipeline ${taken} is taken instead.`);
  }
}

async function versionOf(job: Job, search: Search, previous: LockedVariant | undefined): Promise<string> {
  const { variant, inquiry, warn } = search;
  const { ref: refName, project_id: projectId } = job.pipeline;
  if (job.tag) return versionOfTag(refName, "tagPrefix" in variant.ref ? variant.ref.tagPrefix : undefined);
  if (isOfJob(previous, { instance: variant.gitlab, projectId, job: job.id })) return previous.version;
  const tags = await inquiry
    .tags({ instance: variant.gitlab, project: projectId }, "")
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
