import { z } from "zod";
import type { GitLab } from "./gitlab.js";
import type { ProjectAddress } from "./projects.js";

const Sha = z.string().regex(/^[0-9a-f]{40}([0-9a-f]{24})?$/);

const ComparedCommit = z.object({
  id: Sha,
  title: z.string(),
  author_name: z.string(),
  /** How many it has says whether it is a merge. */
  parent_ids: z.array(Sha),
});
export type ComparedCommit = z.infer<typeof ComparedCommit>;

const Comparison = z.object({ commits: z.array(ComparedCommit) });

/** GET `/projects/:id/repository/compare`: the commits that `to` has and `from` has not, oldest first. */
export async function compareCommits(
  gitlab: GitLab,
  { instance, project }: ProjectAddress,
  { from, to }: { readonly from: string; readonly to: string },
): Promise<readonly ComparedCommit[]> {
  const path = ["projects", project, "repository", "compare"];
  return (await gitlab.get(instance, path, Comparison, { from, to })).commits;
}
