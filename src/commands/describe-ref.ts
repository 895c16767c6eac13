import type { Ref } from "../artifact.js";

/** What a ref asks for, in words: `newest successful pipeline on branch "main" that has the job`. */
export function describeRef(ref: Ref): string {
  if ("pipeline" in ref) return `pipeline ${ref.pipeline}`;
  if ("job" in ref) return `job ${ref.job}`;
  const wanted = ref.pipelineStatus === "any" ? "newest successful job" : "newest successful pipeline";
  const age = ref.minimumReleaseAge === undefined ? "" : `, at least ${ref.minimumReleaseAge} old`;
  const having = ref.pipelineStatus === "any" ? "" : " that has the job";
  return `${wanted} ${placeOf(ref)}${having}${age}${"protectedOnly" in ref && ref.protectedOnly === true ? ", protected only" : ""}`;
}

function placeOf(ref: Exclude<Ref, { pipeline: number } | { job: number }>): string {
  if ("branch" in ref) return `on branch "${ref.branch}"`;
  if ("tag" in ref) return `of tag "${ref.tag}"`;
  if ("semver" in ref) return `of the highest tag in "${ref.semver}"`;
  return `of merge request !${ref.mergeRequest}`;
}
