/** The branches that merge requests go to, and the names of the branches that they come from. */
import { BranchPattern, matches } from "../../config/pattern.js";
import { UserError } from "../../errors.js";
import type { GitLab } from "../../gitlab/gitlab.js";
import type { ProjectAddress } from "../../gitlab/projects.js";
import { listBranches } from "../../gitlab/repository.js";

/** Branches of the bot begin so. */
export const BRANCH_PREFIX = "artifacts/";

/** A branch whose manifests and lock are kept fresh, by merge requests of its own. */
export interface Target {
  readonly branch: string;
  /** What is for the default branch needs no suffix. */
  readonly isDefault: boolean;
}

/** Each costs as much as a project of its own. */
const MAX_TARGETS = 50;

export interface TargetsOptions {
  readonly gitlab: GitLab;
  readonly address: ProjectAddress;
  readonly defaultBranch: string;
}

/**
 * What `targetBranches` of the configuration means now: the default branch first, the others by name. A name is taken as it is;
 * for patterns GitLab is asked, once for each beginning.
 *
 * @throws UserError BUMP_TOO_MANY_TARGETS when patterns mean more branches than one run can tend
 */
export async function targetsOf(
  patterns: readonly string[] | undefined,
  { gitlab, address, defaultBranch }: TargetsOptions,
): Promise<Target[]> {
  const wanted = patterns ?? [defaultBranch];
  const starred = wanted.filter((pattern) => pattern.includes("*"));
  const beginnings = new Set(starred.map((pattern) => pattern.slice(0, pattern.indexOf("*"))));
  const names = new Set(wanted.filter((pattern) => !pattern.includes("*")));
  for (const beginning of beginnings) {
    for await (const { name } of listBranches(gitlab, address, beginning))
      if (BranchPattern.safeParse(name).success && starred.some((pattern) => matches(pattern, name)))
        names.add(name);
  }
  if (names.size > MAX_TARGETS) throw tooMany(names.size);
  const targets = [...names].sort().map((branch) => ({ branch, isDefault: branch === defaultBranch }));
  return targets.sort((a, b) => Number(b.isDefault) - Number(a.isDefault));
}

function tooMany(count: number): UserError {
  return new UserError(
    "BUMP_TOO_MANY_TARGETS",
    `targetBranches means ${count} branches, expected at most ${MAX_TARGETS}`,
    { hint: "narrow the patterns in bump.targetBranches of artifacts.config.ts" },
  );
}

/** `artifacts/<topic>` for the default branch, `artifacts/<topic>@<target>` for any other. */
export function branchFor(topic: string, { branch, isDefault }: Target): string {
  return `${BRANCH_PREFIX}${topic}${isDefault ? "" : `@${branch}`}`;
}

/** The target in the name of a branch of the bot: no topic has an `@`. */
export function targetIn(branch: string, defaultBranch: string): string {
  const at = branch.indexOf("@");
  return at < 0 ? defaultBranch : branch.slice(at + 1);
}
