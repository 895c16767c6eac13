import type { GitLab } from "./gitlab.js";
import type { ProjectAddress } from "./projects.js";
import { TreeEntry } from "./schema.js";

/** GET `/projects/:id/jobs/:job_id/artifacts/tree`: everything in the archive, directories too. Since GitLab 18.8. */
export function listArtifactTree(
  gitlab: GitLab,
  { instance, project }: ProjectAddress,
  job: number,
): AsyncIterable<TreeEntry> {
  const path = ["projects", project, "jobs", job, "artifacts", "tree"];
  return gitlab.pages(instance, path, TreeEntry, { recursive: true });
}
