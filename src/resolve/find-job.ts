import type { Ref } from "../artifact.js";
import type { Job } from "../gitlab/schema.js";
import { findOnBranch } from "./branch.js";
import { findById } from "./job.js";
import { findInPipeline } from "./pipeline.js";
import type { JobFinder, Search } from "./search.js";
import { findOnTag } from "./tag.js";

type KeyOf<T> = T extends unknown ? keyof T : never;
/** The field that a form of `Ref` is named after. */
export type RefKind = Exclude<KeyOf<Ref>, "tagPrefix">;

/** One finder per form of `Ref`; a new form without one does not compile. */
const FINDERS = {
  branch: findOnBranch,
  tag: findOnTag,
  pipeline: findInPipeline,
  job: findById,
} satisfies { readonly [K in RefKind]: JobFinder<Extract<Ref, Record<K, unknown>>> };

/** The job that the variant's ref means now. */
export function findJob(search: Search): Promise<Job> {
  const { ref } = search.variant;
  if ("branch" in ref) return FINDERS.branch(ref, search);
  if ("tag" in ref) return FINDERS.tag(ref, search);
  if ("pipeline" in ref) return FINDERS.pipeline(ref, search);
  return FINDERS.job(ref, search);
}
