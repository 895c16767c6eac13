import type { RefFilter } from "../gitlab/pipelines.js";
import type { Job, Pipeline } from "../gitlab/schema.js";
import { excerpt } from "../redact.js";
import { UserError } from "../errors.js";
import { pastExpiry } from "./availability.js";
import { type Choice, missOfChoice } from "./choice.js";
import { lookInFamily } from "./job-in-family.js";
import { noPipeline } from "./no-pipeline.js";
import type { Miss, PassedOver } from "./passed-over.js";
import { declaredAddress, type Found, type Search } from "./search.js";

/** A pipeline that may have the job, or a ref that has none that counts. */
export type Candidate =
  | {
      readonly pipeline: Pipeline;
      /** GitLab keeps its artifacts past their expiry. */ readonly kept: boolean;
    }
  | { readonly ref: string; readonly why: string };

/**
 * The job of the newest pipeline of some refs that has it. "Newest" is meant as GitLab means it when it serves "latest
 * artifacts": by id, whenever the jobs ended; "passed with warnings" is successful, blocked is not (GitLab
 * `app/models/project.rb`, `latest_pipelines` and `latest_successful_build_for_ref`). Branches and tags of one name are not
 * told apart. Where GitLab gives up when that pipeline lacks the job or its artifacts are gone, older ones are searched.
 *
 * @param refs of which the first is the one to name in messages
 * @throws UserError when none has it
 */
export async function newestJob(
  refs: readonly [string, ...string[]],
  choice: Choice,
  search: Search,
): Promise<Found> {
  const found = await firstFitting(pipelinesOf(refs, choice, search), choice, search);
  if (found === undefined) throw await noPipeline(refs[0], choice, search);
  return found;
}

/**
 * The job of the first candidate that has it.
 *
 * @returns undefined when there was no pipeline at all
 * @throws UserError about the first pipeline when none has it
 */
export async function firstFitting(
  candidates: AsyncIterable<Candidate>,
  choice: Choice,
  search: Search,
): Promise<Found | undefined> {
  const passedOver: PassedOver[] = [];
  const errors: UserError[] = [];
  for await (const candidate of candidates) {
    if (!("pipeline" in candidate)) {
      passedOver.push({ ...candidate, pipeline: undefined, gone: false });
      continue;
    }
    const found = await look(candidate, choice, search);
    if (!("error" in found)) return { job: found, passedOver };
    const { ref, id: pipeline } = candidate.pipeline;
    passedOver.push({ ref: excerpt(ref), pipeline, why: found.why, gone: found.gone });
    errors.push(found.error);
  }
  const [first, ...others] = errors;
  if (first === undefined) return undefined;
  throw others.length === 0 ? first : afterSearch(first, passedOver);
}

/** The pipelines of the refs that count, newest first; older ones are asked for only when the newest is not enough. */
export async function* pipelinesOf(
  refs: readonly string[],
  choice: Choice,
  { variant, inquiry }: Search,
): AsyncGenerator<Candidate, void> {
  const filters = refs.map((ref) => filterOf(ref, choice));
  const address = declaredAddress(variant);
  const newest = await Promise.all(filters.map((filter) => inquiry.newestPipeline(address, filter)));
  const [first] = newest.filter((one) => one !== undefined).sort(byIdDescending);
  if (first === undefined) return;
  yield { pipeline: first, kept: first.status === "success" };
  const all = await Promise.all(filters.map((filter) => inquiry.pipelines(address, filter)));
  const older = all.flat().filter(({ id }) => id < first.id);
  for (const pipeline of older.sort(byIdDescending)) {
    yield { pipeline, kept: newest.some((one) => one?.id === pipeline.id) };
  }
}

/** The pipelines that count for a ref. */
export function filterOf(ref: string, { pipelineStatus }: Choice): RefFilter {
  return pipelineStatus === "any" ? { ref } : { ref, status: "success" };
}

function byIdDescending(a: Pipeline, b: Pipeline): number {
  return b.id - a.id;
}

async function look(
  { pipeline, kept }: Extract<Candidate, { pipeline: Pipeline }>,
  choice: Choice,
  search: Search,
): Promise<Job | Miss> {
  const found = await lookInFamily(pipeline, search);
  if ("error" in found) return found;
  const expired = kept ? undefined : pastExpiry(found, search.variant);
  return expired ?? missOfChoice(found, choice, search) ?? found;
}

/** The error about the newest pipeline, which is the one that people look at, with how far the search went. */
function afterSearch(first: UserError, passedOver: readonly PassedOver[]): UserError {
  const { code, message, hint, at } = first;
  const searched = passedOver.filter(({ pipeline }) => pipeline !== undefined);
  const last = searched.at(-1)?.pipeline;
  const others =
    searched.length === 2
      ? `The older pipeline ${last} has none that fits, either`
      : `None of the ${searched.length - 1} older pipelines, down to ${last}, has one that fits`;
  return new UserError(code, `${message} ${others}.`, { hint, at });
}
