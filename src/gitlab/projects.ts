import type { GitLab, QuestionOptions } from "./gitlab.js";
import { Project, ProjectVisibility } from "./schema.js";

/** Where a project is: the instance's base URL, and the full path or the numeric id. */
export interface ProjectAddress {
  readonly instance: string;
  readonly project: string | number;
}

/** GET `/projects/:id`. */
export function getProject(
  gitlab: GitLab,
  { instance, project }: ProjectAddress,
  options?: QuestionOptions,
): Promise<Project> {
  return gitlab.get(instance, ["projects", project], Project, undefined, options);
}

/** GET `/projects/:id`, for who may read it. */
export function getProjectVisibility(
  gitlab: GitLab,
  { instance, project }: ProjectAddress,
): Promise<ProjectVisibility> {
  return gitlab.get(instance, ["projects", project], ProjectVisibility);
}
