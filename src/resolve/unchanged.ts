import { GitLabError } from "../gitlab/gitlab-error.js";
import type { GitLab } from "../gitlab/gitlab.js";
import { MAX_PROJECTS, newestJobs, type ProjectAtRef } from "../gitlab/newest-jobs.js";
import type { DeclaredVariant } from "../manifest/declared.js";
import { asLocked, fitsLocked, type Previous } from "./as-locked.js";
import { isDangling } from "./inquiry.js";
import type { Resolved } from "./resolved.js";

/** A variant whose newest job may be the locked one. */
interface Locked {
  readonly variant: DeclaredVariant;
  readonly previous: Previous;
}

/** Fewer projects than this are asked one by one as quickly. */
const MIN_PROJECTS = 3;
/** A batch that GitLab finds too complex is halved, but not below this. */
const MIN_BATCH = 5;

/**
 * The variants whose newest job is the locked one, found for many projects with one request. This is a short cut to the same
 * answer: wherever anything is unusual (another job, a moved project, a child pipeline, more than a hundred jobs, an option)
 * or GraphQL is shut off, forbidden to the token or too expensive, a variant is left out and is asked about by itself.
 */
export async function findUnchanged(
  variants: readonly DeclaredVariant[],
  previous: (variant: DeclaredVariant) => Previous | undefined,
  gitlab: GitLab,
): Promise<ReadonlyMap<DeclaredVariant, Resolved>> {
  const unchanged = new Map<DeclaredVariant, Resolved>();
  const closed = new Set<string>();
  const ask = async ({ instance, ref, locked }: Question): Promise<void> => {
    if (closed.has(instance)) return;
    const paths = pathsOf(locked);
    try {
      const projects = await newestJobs(gitlab, instance, { paths, ref });
      for (const one of locked) {
        const resolved = sameAsLocked(one, projects);
        if (resolved !== undefined) unchanged.set(one.variant, resolved);
      }
    } catch (error) {
      if (!(error instanceof GitLabError)) throw error;
      if (error.code !== "GITLAB_BAD_REQUEST" || paths.length < 2 * MIN_BATCH) closed.add(instance);
      else await Promise.all(halves({ instance, ref, locked }).map(ask));
    }
  };
  await Promise.all(questionsOf(candidatesOf(variants, previous)).map(ask));
  return unchanged;
}

function candidatesOf(
  variants: readonly DeclaredVariant[],
  previous: (variant: DeclaredVariant) => Previous | undefined,
): Locked[] {
  return variants.flatMap((variant) => {
    const found = previous(variant);
    return found !== undefined && isPlain(variant, found) ? [{ variant, previous: found }] : [];
  });
}

/** Locked with all its facts, from the same declaration, from the path that it names, and without an option. */
function isPlain(declared: DeclaredVariant, previous: Previous): boolean {
  const { artifact, variant } = previous;
  const { ref } = declared;
  const name = "branch" in ref ? ref.branch : "tag" in ref ? ref.tag : undefined;
  const noOption = !("minimumReleaseAge" in ref || "pipelineStatus" in ref || "protectedOnly" in ref);
  const isNamed = declared.project === variant.project || declared.project === String(variant.projectId);
  return (
    variant.provenance !== undefined &&
    name === variant.ref &&
    noOption &&
    isNamed &&
    artifact.project === declared.project &&
    fitsLocked(declared, previous)
  );
}

/** What one request asks: projects of one instance, on one ref. */
interface Question {
  readonly instance: string;
  readonly ref: string;
  readonly locked: readonly Locked[];
}

function questionsOf(candidates: readonly Locked[]): Question[] {
  const byRef = new Map<string, Locked[]>();
  for (const one of candidates) {
    const key = JSON.stringify([one.variant.gitlab, one.previous.variant.ref]);
    const group = byRef.get(key);
    if (group === undefined) byRef.set(key, [one]);
    else group.push(one);
  }
  return [...byRef].flatMap(([key, locked]) => {
    const [instance, ref] = JSON.parse(key) as [string, string]; // written above
    return inBatches(locked).map((batch) => ({ instance, ref, locked: batch }));
  });
}

function inBatches(locked: readonly Locked[]): (readonly Locked[])[] {
  const paths = pathsOf(locked);
  if (paths.length < MIN_PROJECTS) return [];
  return split(locked, Math.ceil(paths.length / MAX_PROJECTS));
}

function halves({ locked, ...same }: Question): Question[] {
  return split(locked, 2).map((half) => ({ ...same, locked: half }));
}

/** Into parts of about as many projects; the variants of one project stay together. */
function split(locked: readonly Locked[], parts: number): (readonly Locked[])[] {
  const paths = pathsOf(locked);
  const size = Math.ceil(paths.length / parts);
  return Array.from({ length: parts }, (_, part) => {
    const own = new Set(paths.slice(part * size, (part + 1) * size));
    return locked.filter(({ previous }) => own.has(previous.variant.project));
  });
}

function pathsOf(locked: readonly Locked[]): readonly string[] {
  return [...new Set(locked.map(({ previous }) => previous.variant.project))];
}

function sameAsLocked(
  { variant, previous }: Locked,
  projects: readonly ProjectAtRef[],
): Resolved | undefined {
  const locked = previous.variant;
  const project = projects.find(({ id, fullPath }) => id === locked.projectId && fullPath === locked.project);
  const pipeline = project?.pipelines[0];
  if (pipeline?.id !== locked.pipeline || isDangling(pipeline.source)) return undefined;
  const job = pipeline.jobs.find(({ name }) => name === locked.jobName);
  const archive = job?.artifacts.find(({ fileType }) => fileType?.toLowerCase() === "archive");
  if (job?.id !== locked.job || archive === undefined) return undefined;
  return asLocked(variant, { ...locked, expiresAt: archive.expireAt ?? null }, []);
}
