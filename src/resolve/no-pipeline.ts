import type { Ref } from "../artifact.js";
import { UserError } from "../errors.js";
import { GitLabError } from "../gitlab/gitlab-error.js";
import { excerpt } from "../redact.js";
import type { Choice } from "./choice.js";
import { listNames, nearestFirst } from "./near-names.js";
import { declaredAddress, type Search } from "./search.js";

/** The error at the ref for a ref without a pipeline that counts, with what is known about it. */
export async function noPipeline(
  ref: string,
  { pipelineStatus }: Choice,
  search: Search,
): Promise<UserError> {
  const { known, hint } = await explain(ref, search);
  const wanted = pipelineStatus === "any" ? "pipeline" : "successful pipeline";
  return new UserError(
    "RESOLVE_NO_SUCCESSFUL_PIPELINE",
    `The project ${search.variant.project} has no ${wanted} on "${ref}"${known}.`,
    { at: search.variant.at.ref, hint },
  );
}

interface Explanation {
  /** Continues the sentence. */
  readonly known: string;
  readonly hint: string;
}

async function explain(ref: string, search: Search): Promise<Explanation> {
  try {
    return await askAbout(ref, search);
  } catch (error) {
    // The missing pipeline is the error to report, not that nothing more can be learnt about it.
    if (!(error instanceof GitLabError)) throw error;
    return { known: "", hint: "check the name of the ref, and that its pipeline has succeeded" };
  }
}

async function askAbout(ref: string, { variant, inquiry }: Search): Promise<Explanation> {
  const address = declaredAddress(variant);
  const newest = await inquiry.newestPipeline(address, { ref });
  if (newest !== undefined) {
    return {
      known: `; the newest pipeline there, ${newest.id}, is "${excerpt(newest.status)}"`,
      hint: `see ${excerpt(newest.web_url ?? `pipeline ${newest.id}`)}; or name a pipeline with ref: { pipeline: … }`,
    };
  }
  const refs = nearestFirst(ref, await inquiry.recentRefs(address));
  const hint = hintFor(variant.ref);
  if (refs.length === 0) return { known: "; it has no pipelines at all that this caller may see", hint };
  return { known: `, nor any other; pipelines ran lately on ${listNames(refs)}`, hint };
}

function hintFor(ref: Ref): string {
  if ("tag" in ref) return "a tag needs a pipeline of its own: see that the project's rules run one for tags";
  if ("mergeRequest" in ref) {
    return "see that the project's rules run merge request pipelines; those of a fork run in the fork's project";
  }
  return "check the name of the branch";
}
