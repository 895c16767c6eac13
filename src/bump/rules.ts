/** Which rule holds for an artifact, and for several that share a merge request. Pure. */
import type { Bump, BumpRule } from "../config/bump.js";

/** The rule of one artifact: what the configuration says of all, with what it says of this one on top. */
export function ruleOf(bump: Bump, artifact: string): BumpRule {
  const { labels, assignees, reviewers, draft, squash, automerge, minimumAgeDays, schedule } = bump;
  const common = { labels, assignees, reviewers, draft, squash, automerge, minimumAgeDays, schedule };
  return bump.rules
    .filter(({ artifacts }) => artifacts.some((pattern) => matches(pattern, artifact)))
    .map(({ artifacts: _artifacts, ...own }) => own)
    .reduce<BumpRule>((rule, own) => ({ ...rule, ...own }), { ...common, ignore: false, group: undefined });
}

/** The rule of a merge request for all of `rules`: everyone is told, and the most careful one decides. */
export function combineRules(rules: readonly [BumpRule, ...BumpRule[]]): BumpRule {
  const union = (pick: (rule: BumpRule) => readonly string[]) => [...new Set(rules.flatMap(pick))];
  return {
    ...rules[0],
    labels: union(({ labels }) => labels),
    assignees: union(({ assignees }) => assignees),
    reviewers: union(({ reviewers }) => reviewers),
    draft: rules.some(({ draft }) => draft),
    automerge: rules.every(({ automerge }) => automerge),
    minimumAgeDays: Math.max(...rules.map(({ minimumAgeDays }) => minimumAgeDays)),
  };
}

function matches(pattern: string, name: string): boolean {
  const source = pattern.split("*").join(".*"); // patterns are of letters, digits, _, - and *
  return new RegExp(`^${source}$`).test(name);
}
