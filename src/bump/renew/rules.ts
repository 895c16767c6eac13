/** Which rule holds for an artifact, and for several that share a merge request. Pure. */
import satisfies from "semver/functions/satisfies.js";
import type { Bump, BumpRule, Schedule } from "../../config/bump.js";
import { matches } from "../../config/pattern.js";

/** The rule of one artifact on one target branch: what the configuration says of all, with what it says of this one on top. */
export function ruleOf(bump: Bump, artifact: string, target: string): BumpRule {
  const { labels, assignees, reviewers, reviewersFromCodeOwners, milestone, draft, squash, automerge } = bump;
  const { minimumAgeDays, schedule, policy, beyondRange, ignoreVersions, priority } = bump;
  const people = { labels, assignees, reviewers, reviewersFromCodeOwners, milestone };
  const common = {
    ...people,
    draft,
    squash,
    automerge,
    minimumAgeDays,
    schedule,
    policy,
    beyondRange,
    ignoreVersions,
    priority,
  };
  return bump.rules
    .filter(({ artifacts, targets }) => isAbout(artifacts, artifact) && isAbout(targets ?? ["*"], target))
    .map(({ artifacts: _artifacts, targets: _targets, ...own }) => own)
    .reduce<BumpRule>((rule, own) => ({ ...rule, ...own, policy: { ...rule.policy, ...own.policy } }), {
      ...common,
      ignore: false,
      group: undefined,
    });
}

function isAbout(patterns: readonly string[], name: string): boolean {
  return patterns.some((pattern) => matches(pattern, name));
}

/** The rule of a merge request. */
export interface TopicRule extends Omit<BumpRule, "schedule"> {
  /** Those of all its artifacts. */
  readonly schedules: readonly Schedule[];
}

/** The rule of a merge request for all of `rules`: everyone is told, and the most careful one decides. */
export function combineRules(rules: readonly [BumpRule, ...BumpRule[]]): TopicRule {
  const union = (pick: (rule: BumpRule) => readonly string[]) => [...new Set(rules.flatMap(pick))];
  const firstOf = <T>(pick: (rule: BumpRule) => T) => rules.map(pick).find((value) => value !== undefined);
  return {
    ...rules[0],
    labels: union(({ labels }) => labels),
    assignees: union(({ assignees }) => assignees),
    reviewers: union(({ reviewers }) => reviewers),
    reviewersFromCodeOwners: rules.some(({ reviewersFromCodeOwners }) => reviewersFromCodeOwners),
    milestone: firstOf(({ milestone }) => milestone),
    squash: firstOf(({ squash }) => squash),
    schedules: rules.flatMap(({ schedule }) => schedule ?? []),
    draft: rules.some(({ draft }) => draft),
    automerge: rules.every(({ automerge }) => automerge),
    priority: Math.max(...rules.map(({ priority }) => priority)),
    minimumAgeDays: Math.max(...rules.map(({ minimumAgeDays }) => minimumAgeDays)),
  };
}

/** Whether a version is one of those that are never proposed; what is no version never is. */
export function isIgnoredVersion({ ignoreVersions }: BumpRule, version: string): boolean {
  return ignoreVersions.some((range) => satisfies(version, range, { includePrerelease: true }));
}
