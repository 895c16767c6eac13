/**
 * BESIDE the pipeline: puts locked bytes into the local Nix store, as the current user and outside any build, so that
 * derivations which name them have nothing left to fetch.
 */
import pLimit from "p-limit";
import { UserError } from "../errors.js";
import type { GitLab } from "../gitlab/gitlab.js";
import type { Nix } from "../store/nix.js";
import type { LockedEntry } from "../lock/entry.js";
import type { OpenStore } from "../store/daemon/open-store.js";
import { type FetchContext, fetchVariant } from "./fetch-variant.js";
import { withStore } from "./with-store.js";

export type FetchOutcome =
  | (LockedEntry & { readonly status: "present" | "substituted" | "added" })
  | (LockedEntry & { readonly status: "failed"; readonly error: UserError });

export interface FetchOptions {
  readonly gitlab: GitLab;
  readonly nix: Nix;
  /** Asks Nix's substituters before GitLab. */
  readonly substitute?: boolean | undefined;
  /** How many downloads run at the same time. */
  readonly jobs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called whenever the outcome of a variant is known. */
  readonly onProgress?: ((outcome: FetchOutcome) => void) | undefined;
}

/** Each has a connection to GitLab and one to the store. */
const DEFAULT_JOBS = 8;

/**
 * Makes the store paths of `wanted` valid. What the store has is not downloaded; only verified bytes are added; a failure
 * affects nothing else. Nothing is left of it when this returns or throws.
 *
 * @returns one outcome for each of `wanted`, in the same order
 * @throws UserError when Nix does not answer at all; the reason of `signal` when that is aborted
 */
export function fetchIntoStore(
  wanted: readonly LockedEntry[],
  options: FetchOptions,
): Promise<FetchOutcome[]> {
  const { gitlab, nix, signal, jobs = DEFAULT_JOBS } = options;
  return withStore(nix, signal, async (store) => {
    const absent = await store.missing([...new Set(wanted.map(storePathOf))]);
    const missing = options.substitute === true ? await substitute(absent, store, options) : absent;
    const context: FetchContext = { gitlab, store, signal };
    const limit = pLimit(jobs);
    const added = new Map<string, Promise<void>>();
    const outcomes = wanted.map(async (one): Promise<FetchOutcome> => {
      const path = storePathOf(one);
      if (!absent.has(path)) return { ...one, status: "present" };
      if (!missing.has(path)) return { ...one, status: "substituted" };
      // Variants with the same bytes share one download.
      const adding = added.get(path) ?? limit(() => fetchVariant(one, context));
      added.set(path, adding);
      return outcomeOf(one, adding);
    });
    return allSettled(outcomes.map((outcome) => reportTo(options, outcome)));
  });
}

/** Those of `absent` that no substituter has. */
async function substitute(
  absent: ReadonlySet<string>,
  store: OpenStore,
  { nix, signal }: FetchOptions,
): Promise<ReadonlySet<string>> {
  const paths = [...absent];
  if (paths.length === 0) return absent;
  await nix.substitute(paths, signal);
  return store.missing(paths);
}

function storePathOf({ variant }: LockedEntry): string {
  return variant.storePath;
}

async function outcomeOf(one: LockedEntry, adding: Promise<void>): Promise<FetchOutcome> {
  try {
    await adding;
    return { ...one, status: "added" };
  } catch (error) {
    if (error instanceof UserError) return { ...one, status: "failed", error };
    throw error;
  }
}

async function reportTo({ onProgress }: FetchOptions, outcome: Promise<FetchOutcome>): Promise<FetchOutcome> {
  onProgress?.(await outcome);
  return outcome;
}

/** As `Promise.all`, but leaves nothing running behind when one is rejected. */
async function allSettled<T>(promises: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(promises);
  return Promise.all(promises);
}
