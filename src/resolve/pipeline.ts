import { UserError } from "../errors.js";
import { GitLabError } from "../gitlab/gitlab-error.js";
import { findInFamily } from "./job-in-family.js";
import { declaredAddress, type Found, type Search } from "./search.js";

/** `{ pipeline }`: the job of this pipeline, whatever its status. */
export async function findInPipeline({ pipeline }: { pipeline: number }, search: Search): Promise<Found> {
  const { variant, inquiry } = search;
  const found = await inquiry.pipeline(declaredAddress(variant), pipeline).catch((error: unknown) => {
    if (!(error instanceof GitLabError) || error.code !== "GITLAB_NOT_FOUND") throw error;
    throw new UserError(
      "RESOLVE_NO_PIPELINE",
      `The project ${variant.project} has no pipeline with the id ${pipeline}.`,
      {
        at: variant.at.ref,
        hint: "take the number after /-/pipelines/ in the pipeline's web address",
        cause: error,
      },
    );
  });
  return { job: await findInFamily(found, search), passedOver: [] };
}
