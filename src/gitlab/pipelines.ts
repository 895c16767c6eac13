import type { GitLab } from "./gitlab.js";
import type { ProjectAddress } from "./projects.js";
import { Pipeline } from "./schema.js";

export interface PipelineFilter {
  readonly ref?: string;
  readonly status?: string;
}

/** The pipelines of one ref. */
export type RefFilter = PipelineFilter & Required<Pick<PipelineFilter, "ref">>;

/** GET `/projects/:id/pipelines`, newest first. Child pipelines are not in this list. */
export function listPipelines(
  gitlab: GitLab,
  { instance, project }: ProjectAddress,
  filter: PipelineFilter & { readonly perPage: number },
): AsyncIterable<Pipeline> {
  const { ref, status, perPage } = filter;
  const query = { ref, status, order_by: "id", sort: "desc", per_page: perPage };
  return gitlab.pages(instance, ["projects", project, "pipelines"], Pipeline, query);
}

/** GET `/projects/:id/pipelines/:pipeline_id`, also of child pipelines. */
export function getPipeline(
  gitlab: GitLab,
  { instance, project }: ProjectAddress,
  pipeline: number,
): Promise<Pipeline> {
  return gitlab.get(instance, ["projects", project, "pipelines", pipeline], Pipeline);
}
