/**
 * BESIDE the pipeline: writes locked artifacts into a Nix binary cache, without Nix. The paths are content-addressed, so Nix
 * takes them from there without any signature.
 */
import pLimit from "p-limit";
import { UserError } from "../errors.js";
import type { LockedEntry } from "../lock/entry.js";
import { claimCache } from "./claim-cache.js";
import { type PublishContext, publishVariant } from "./publish-variant.js";

export type PublishOutcome =
  | (LockedEntry & { readonly status: "present" | "published" })
  | (LockedEntry & { readonly status: "failed"; readonly error: UserError });

export interface PublishOptions extends Omit<PublishContext, "directory" | "questions" | "archives"> {
  /** How many artifacts are downloaded at the same time. */
  readonly jobs?: number;
  /** Called whenever the outcome of a variant is known. */
  readonly onProgress?: ((outcome: PublishOutcome) => void) | undefined;
}

const DEFAULT_JOBS = 8;
const QUESTIONS_AT_ONCE = 16;

/**
 * Makes `wanted` substitutable from the cache. Only verified bytes from GitLab are written, an archive before the `.narinfo`
 * that promises it, and only what the cache does not have: a run that was cut short is continued by the next one.
 *
 * @returns one outcome for each of `wanted`, in the same order
 * @throws UserError when the cache itself cannot be used; the reason of `signal` when that is aborted
 */
export async function publish(
  wanted: readonly LockedEntry[],
  options: PublishOptions,
): Promise<PublishOutcome[]> {
  const { cache, signal, jobs = DEFAULT_JOBS } = options;
  await claimCache(cache);
  const limits = { questions: pLimit(QUESTIONS_AT_ONCE), archives: pLimit(jobs) };
  return cache.withStaging(async (directory) => {
    const context = { ...options, ...limits, directory };
    const begun = new Map<string, Promise<"present" | "published">>();
    const outcomes = wanted.map(async (one) => {
      const path = one.variant.storePath;
      // Variants with the same bytes share one upload.
      const publishing = begun.get(path) ?? publishVariant(one, context);
      begun.set(path, publishing);
      const outcome = await outcomeOf(one, publishing);
      options.onProgress?.(outcome);
      return outcome;
    });
    await Promise.allSettled(outcomes); // so that nothing is running any more when one has failed
    signal?.throwIfAborted();
    return Promise.all(outcomes);
  });
}

async function outcomeOf(
  one: LockedEntry,
  publishing: Promise<"present" | "published">,
): Promise<PublishOutcome> {
  try {
    return { ...one, status: await publishing };
  } catch (error) {
    if (error instanceof UserError) return { ...one, status: "failed", error };
    throw error;
  }
}
