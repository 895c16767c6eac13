/** Milestones that a merge request of a project can have. GitLab documentation, "Project milestones API". */
import { Milestone } from "./forge-schema.js";
import type { GitLab } from "./gitlab.js";
import type { ProjectAddress } from "./projects.js";

/**
 * GET `/projects/:id/milestones`: those that are not closed, of the project and of the groups above it. GitLab before 16.7 tells those
 * of the project only.
 */
export async function listActiveMilestones(
  gitlab: GitLab,
  { instance, project }: ProjectAddress,
): Promise<readonly Milestone[]> {
  const query = { state: "active", include_ancestors: true };
  const milestones: Milestone[] = [];
  for await (const milestone of gitlab.pages(instance, ["projects", project, "milestones"], Milestone, query))
    milestones.push(milestone);
  return milestones;
}
