/** Addresses of GitLab's pages for people. */

export interface ProjectPage {
  /** Base URL of the instance. */
  readonly instance: string;
  /** Full path. */
  readonly project: string;
}

/** The path of a project with everything encoded that is no letter, digit, `_`, `.`, `-` or `/`. */
function pageOf({ instance, project }: ProjectPage): string {
  return `${instance}/${project.split("/").map(encodeURIComponent).join("/")}/-`;
}

export function commitAddress(page: ProjectPage, commit: string): string {
  return `${pageOf(page)}/commit/${commit}`;
}

/** Of the page on which GitLab compares two commits. */
export function compareAddress(
  page: ProjectPage,
  { from, to }: { readonly from: string; readonly to: string },
): string {
  return `${pageOf(page)}/compare/${from}...${to}`;
}

export function jobAddress(page: ProjectPage, job: number): string {
  return `${pageOf(page)}/jobs/${job}`;
}

export function pipelineAddress(page: ProjectPage, pipeline: number): string {
  return `${pageOf(page)}/pipelines/${pipeline}`;
}
