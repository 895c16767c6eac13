import { UserError } from "../errors.js";
import { GitLabError } from "../gitlab/gitlab-error.js";
import type { Pipeline } from "../gitlab/schema.js";
import { excerpt } from "../redact.js";
import { listNames, nearestFirst } from "./near-names.js";
import { declaredAddress, type Search } from "./search.js";

/**
 * The newest successful pipeline of a ref, as GitLab itself means it when it serves "latest artifacts": by id, whenever the
 * jobs ended; "passed with warnings" is successful, blocked is not (GitLab `app/models/project.rb`, `latest_pipelines` and
 * `latest_successful_build_for_ref`). Branches and tags of one name are not told apart.
 *
 * @throws UserError at the ref when there is none, with what is known about the ref
 */
export async function latestPipeline(ref: string, search: Search): Promise<Pipeline> {
  const { variant, inquiry } = search;
  const found = await inquiry.newestPipeline(declaredAddress(variant), { ref, status: "success" });
  if (found !== undefined) return found;
  const { known, hint } = await explain(ref, search);
  throw new UserError(
    "RESOLVE_NO_SUCCESSFUL_PIPELINE",
    `The project ${variant.project} has no successful pipeline on "${ref}"${known}.`,
    { at: variant.at.ref, hint },
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
  const hint =
    "tag" in variant.ref
      ? "a tag needs a pipeline of its own: see that the project's rules run one for tags"
      : "check the name of the branch";
  if (refs.length === 0) return { known: "; it has no pipelines at all that this caller may see", hint };
  return { known: `, nor any other; pipelines ran lately on ${listNames(refs)}`, hint };
}
