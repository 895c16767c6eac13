/** The commits between what is locked and what is proposed. Asked for only when a description is written. */
import { compareCommits, type ComparedCommit } from "../../gitlab/compare.js";
import { GitLabError } from "../../gitlab/gitlab-error.js";
import type { GitLab } from "../../gitlab/gitlab.js";
import type { Topic } from "../renew/topic.js";
import { code, commitLink, compareLink, details } from "./markdown.js";

/** One range of commits, whatever number of artifacts and systems it is behind. */
export interface Changelog {
  readonly artifacts: readonly string[];
  readonly instance: string;
  /** Full path before and after, which differ when it was renamed or moved. */
  readonly project: { readonly from: string; readonly to: string };
  readonly from: string;
  readonly to: string;
  /** Newest first, bounded; undefined when GitLab does not tell. */
  readonly commits: readonly ComparedCommit[] | undefined;
  /** How many there are in all. */
  readonly total: number;
}

/** Ranges that are asked for, and commits of each that are shown. */
const MAX_RANGES = 10;
const MAX_COMMITS = 30;

/** One request for each range; a range that GitLab refuses is no error. */
export async function readChangelogs(gitlab: GitLab, topic: Topic): Promise<readonly Changelog[]> {
  const ranges = rangesOf(topic).slice(0, MAX_RANGES);
  return Promise.all(
    ranges.map(async ({ projectId, ...range }) => {
      const commits = await commitsOf(gitlab, { ...range, projectId });
      const newest = commits?.slice(-MAX_COMMITS).reverse();
      return { ...range, commits: newest, total: commits?.length ?? 0 };
    }),
  );
}

interface Range extends Pick<Changelog, "instance" | "project" | "from" | "to"> {
  readonly projectId: number;
}

async function commitsOf(
  gitlab: GitLab,
  { instance, projectId, from, to }: Range,
): Promise<readonly ComparedCommit[] | undefined> {
  try {
    return await compareCommits(gitlab, { instance, project: projectId }, { from, to });
  } catch (error) {
    if (error instanceof GitLabError) return undefined;
    throw error;
  }
}

function rangesOf({ changes, lock }: Topic): (Range & { readonly artifacts: readonly string[] })[] {
  const ranges = new Map<string, Range & { readonly artifacts: readonly string[] }>();
  for (const { artifact, from, to } of changes) {
    const instance = lock.artifacts[artifact]?.gitlab;
    if (from === undefined || to === undefined || instance === undefined) continue;
    // Commits of different projects have nothing in common.
    if (from.projectId !== to.projectId || from.commit === to.commit) continue;
    const key = JSON.stringify([instance, to.projectId, from.commit, to.commit]);
    const artifacts = [...new Set([...(ranges.get(key)?.artifacts ?? []), artifact])];
    const project = { from: from.project, to: to.project };
    const range = { instance, project, projectId: to.projectId, from: from.commit, to: to.commit };
    ranges.set(key, { ...range, artifacts });
  }
  return [...ranges.values()];
}

/** The section of a description; empty when there is no range. */
export function changelogSection(changelogs: readonly Changelog[], topic: Topic): string {
  const parts = changelogs.map(changelogPart);
  const rest = rangesOf(topic).length - changelogs.length;
  if (rest > 0) parts.push(`And ${rest} more ranges of commits, linked in the table above.`);
  return parts.length === 0 ? "" : ["### Commits", ...parts].join("\n\n");
}

function changelogPart({ artifacts, instance, project, from, to, commits, total }: Changelog): string {
  const names = artifacts.map(code).join(", ");
  const moved =
    project.from === project.to ? "" : ` The project ${code(project.from)} is ${code(project.to)} now.`;
  const link = compareLink({ instance, project: project.to }, { from, to });
  if (commits === undefined)
    return `${names}: GitLab does not tell the commits between ${link}: one of them may be gone, or the token may not read the repository.${moved}`;
  if (total === 0)
    return `${names}: ${link} holds no commit, so the proposed one is older than what is locked.${moved}`;
  const shown = commits.map(
    ({ id, title, author_name, parent_ids }) =>
      `- ${commitLink({ instance, project: project.to }, id)} ${code(title)} by ${code(author_name)}${parent_ids.length > 1 ? " (merge)" : ""}`,
  );
  const more = total > commits.length ? [`- and ${total - commits.length} older ones`] : [];
  const summary = total === 1 ? "1 commit" : `${total} commits`;
  return `${names}: ${link}${moved === "" ? "" : `.${moved}`}\n\n${details(summary, [...shown, ...more].join("\n"))}`;
}
