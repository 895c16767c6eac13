/** Whether the people of a repository write their commits in the way of Conventional Commits 1.0.0. */
import type { Bump } from "../../config/bump.js";
import { GitLabError } from "../../gitlab/gitlab-error.js";
import type { GitLab } from "../../gitlab/gitlab.js";
import type { ProjectAddress } from "../../gitlab/projects.js";
import { listRecentCommits } from "../../gitlab/repository.js";
import { fingerprintOfCommit } from "./marker.js";

/** Enough to tell a habit from an exception. */
const COMMITS = 20;
const CONVENTIONAL =
  /^(build|chore|ci|docs|feat|fix|perf|refactor|revert|style|test)(\([^()\n]{1,60}\))?!?: \S/;

/** The configuration with `"auto"` settled, for which the recent commits are asked for. What GitLab does not tell means no. */
export async function settleSemanticCommits(
  bump: Bump,
  gitlab: GitLab,
  branch: { readonly address: ProjectAddress; readonly commit: string },
): Promise<Bump> {
  if (bump.semanticCommits !== "auto") return bump;
  return { ...bump, semanticCommits: await usesConventionalCommits(gitlab, branch) };
}

/** Merges say nothing about a habit, and neither do the bot's own commits. */
async function usesConventionalCommits(
  gitlab: GitLab,
  { address, commit }: { readonly address: ProjectAddress; readonly commit: string },
): Promise<boolean> {
  try {
    const recent = await listRecentCommits(gitlab, address, { commit, count: COMMITS });
    const written = recent.filter(
      (one) => one.parent_ids.length < 2 && fingerprintOfCommit(one) === undefined,
    );
    return written.filter(({ message }) => CONVENTIONAL.test(message)).length * 2 > written.length;
  } catch (error) {
    if (error instanceof GitLabError) return false;
    throw error;
  }
}
