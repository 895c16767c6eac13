import type { Ref } from "../artifact.js";
import { findOnBranch } from "./branch.js";
import type { Choice } from "./choice.js";
import { findById } from "./job.js";
import { findInMergeRequest } from "./merge-request.js";
import { findInPipeline } from "./pipeline.js";
import type { Found, JobFinder, Search } from "./search.js";
import { findInRange } from "./semver.js";
import { findOnTag } from "./tag.js";

type KeyOf<T> = T extends unknown ? keyof T : never;
/** The field that a form of `Ref` is named after. */
export type RefKind = Exclude<KeyOf<Ref>, keyof Choice | "tagPrefix" | "prereleases" | "protectedOnly">;

/** One finder per form of `Ref`; a new form without one does not compile. */
const FINDERS = {
  branch: findOnBranch,
  tag: findOnTag,
  semver: findInRange,
  mergeRequest: findInMergeRequest,
  pipeline: findInPipeline,
  job: findById,
} satisfies { readonly [K in RefKind]: JobFinder<Extract<Ref, Record<K, unknown>>> };

/** The job that the variant's ref means now. */
export function findJob(search: Search): Promise<Found> {
  const { ref } = search.variant;
  if ("branch" in ref) return FINDERS.branch(ref, search);
  if ("tag" in ref) return FINDERS.tag(ref, search);
  if ("semver" in ref) return FINDERS.semver(ref, search);
  if ("mergeRequest" in ref) return FINDERS.mergeRequest(ref, search);
  if ("pipeline" in ref) return FINDERS.pipeline(ref, search);
  return FINDERS.job(ref, search);
}
