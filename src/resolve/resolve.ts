import pLimit from "p-limit";
import { type Location, UserError } from "../errors.js";
import { excerpt } from "../redact.js";
import { artifactUrl } from "../gitlab/artifact-url.js";
import type { GitLab } from "../gitlab/gitlab.js";
import { projectPathOf } from "../gitlab/project-path.js";
import type { Job } from "../gitlab/schema.js";
import type { DeclaredVariant } from "../manifest/declared.js";
import { askTogether } from "./ask-together.js";
import { type Previous, asLocked, fitsLocked } from "./as-locked.js";
import { describe } from "./describe.js";
import { findJob } from "./find-job.js";
import { createInquiry } from "./inquiry.js";
import { type PassedOver, describePassedOver } from "./passed-over.js";
import { checkIdentity } from "./project-identity.js";
import type { Described, Resolved } from "./resolved.js";
import type { Search } from "./search.js";
import { storeNameOf } from "./store-name.js";

export interface ResolveOptions {
  readonly gitlab: GitLab;
  /** What the lock holds for a variant: its name stays, and what is unchanged is not asked again. */
  readonly previous?: (variant: DeclaredVariant) => Previous | undefined;
  /** The time that ages are counted from; by default the machine's. */
  readonly now?: Date;
  readonly onWarning?: (warning: ResolveWarning) => void;
  /** Told of the variants of one project, as soon as the jobs of all are known; what else describes them is asked meanwhile. */
  readonly onProject?: ((resolved: readonly Resolved[]) => void) | undefined;
  /** Called after the last project was told of. */
  readonly onLastProject?: (() => void) | undefined;
}

/** Something that a person should know and that stops nothing. */
export interface ResolveWarning {
  readonly message: string;
  readonly at: Location;
}

/** One per variant, in their order. */
export type ResolveOutcome = { readonly variant: DeclaredVariant; readonly resolved: Described } | Failed;

interface Failed {
  readonly variant: DeclaredVariant;
  readonly error: UserError;
}

/** A variant whose job is known. */
interface Pinned {
  readonly variant: DeclaredVariant;
  readonly resolved: Resolved;
  readonly describe: () => Promise<Described>;
}

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
  const { gitlab, previous = () => undefined, onWarning = () => {}, now = new Date() } = options;
  const inquiry = createInquiry(gitlab);
  const limit = pLimit(CONCURRENCY);
  const together = askTogether(variants, inquiry, gitlab);
  const warned = new Set<string>();
  const warnAbout = (variant: DeclaredVariant) => (message: string) => {
    if (!warned.has(message)) onWarning({ message, at: variant.at.ref });
    warned.add(message);
  };
  const found = variants.map(async (variant) => {
    await together(variant);
    const search = { variant, inquiry, now, warn: warnAbout(variant) };
    return limit(() => settle(variant, () => pin(search, previous(variant))));
  });
  const outcomes = found.map(async (finding): Promise<ResolveOutcome> => {
    const one = await finding;
    if ("error" in one) return one;
    const { variant } = one;
    return limit(() => settle(variant, async () => ({ variant, resolved: await one.describe() })));
  });
  const told = tellByProject(found, variants, options);
  await Promise.all([told, ...outcomes]);
  return Promise.all(outcomes);
}

/** @throws what is no fault of the user's or GitLab's */
async function settle<T>(variant: DeclaredVariant, task: () => Promise<T>): Promise<T | Failed> {
  try {
    return await task();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { variant, error: error.at === undefined ? placed(error, variant.at.project) : error };
  }
}

/** @throws what the first of those that were not found out throws */
async function tellByProject(
  found: readonly Promise<Pinned | Failed>[],
  variants: readonly DeclaredVariant[],
  { onProject = () => {}, onLastProject = () => {} }: ResolveOptions,
): Promise<void> {
  const projects = new Map<string, Promise<Pinned | Failed>[]>();
  for (const [index, finding] of found.entries()) {
    const key = JSON.stringify([variants[index]?.gitlab, variants[index]?.project]);
    const own = projects.get(key);
    if (own === undefined) projects.set(key, [finding]);
    else own.push(finding);
  }
  const told = [...projects.values()].map(async (own) =>
    onProject((await Promise.all(own)).flatMap((one) => ("resolved" in one ? [one.resolved] : []))),
  );
  await Promise.all(told);
  onLastProject();
}

async function pin(search: Search, previous: Previous | undefined): Promise<Pinned> {
  const { variant } = search;
  const { job, passedOver } = await findJob(search);
  const { id: pipeline, project_id: projectId, ref: refName, sha: commit } = job.pipeline;
  const path = await projectPath(job, search);
  checkIdentity({ id: projectId, path }, previous, search);
  if (previous !== undefined && isOnlyGone(previous, variant, passedOver)) {
    const resolved = stay(previous, passedOver, search);
    return { variant, resolved, describe: () => Promise.resolve(resolved) };
  }
  tellOfGone(passedOver, pipeline, search);
  const archive = job.artifacts.find(({ file_type }) => file_type === "archive");
  const resolved: Resolved = {
    ...variant,
    storeName: storeNameOf(variant, previous?.variant),
    url: artifactUrl({ instance: variant.gitlab, projectId, job: job.id }, variant.file),
    projectId,
    projectPath: path,
    declaredSize: variant.file === undefined ? (archive?.size ?? undefined) : undefined,
    archiveSize: archive?.size ?? undefined,
    archiveName: archive?.filename ?? undefined,
    refName,
    commit,
    pipeline,
    job: job.id,
    jobName: job.name,
    createdAt: job.created_at,
    expiresAt: job.artifacts_expire_at ?? null,
    passedOver,
  };
  return {
    variant,
    resolved,
    describe: () => describe(resolved, job, { search, previous: previous?.variant }),
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
function stay({ variant }: Previous, passedOver: readonly PassedOver[], search: Search): Described {
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
