/** What a merge request is about: one artifact or one group, with what its lock entries become. Pure. */
import { createHash } from "node:crypto";
import type { Bump, BumpRule } from "../../config/bump.js";
import { diffLocks, type Change } from "../../lock/diff.js";
import type { Lock, LockedArtifact, LockedVariant } from "../../lock/schema.js";
import type { ManifestEdit } from "./manifest-edit.js";
import { combineRules, isIgnoredVersion, ruleOf, type TopicRule } from "./rules.js";
import { branchFor, type Target } from "./target.js";

export interface Topic {
  /** Name of the artifact, or `group.<name>`, which no artifact can be called. */
  readonly name: string;
  /** The branch that it is to be merged into. */
  readonly target: string;
  /** The name, and the target unless that is the default branch: no two topics of a project have the same. */
  readonly id: string;
  readonly branch: string;
  readonly rule: TopicRule;
  readonly changes: readonly Change[];
  /** The lock with the changes of this topic and no others. */
  readonly lock: Lock;
  /** What the manifests must say for that. */
  readonly edits: readonly ManifestEdit[];
  /** Of the lock entries after the merge: the same content has the same fingerprint, whatever run proposed it. */
  readonly fingerprint: string;
  /** When the youngest of the jobs was made, in ISO 8601; undefined when nothing comes in. */
  readonly newest: string | undefined;
}

export interface Renewal {
  readonly target: Target;
  readonly before: Lock;
  readonly after: Lock;
  /** Edits of manifests that the renewed lock rests on, by artifact. */
  readonly edits?: ReadonlyMap<string, ManifestEdit>;
}

/** The topics for what differs between the lock of a target and its renewal, by name. */
export function topicsOf(bump: Bump, renewal: Renewal): Topic[] {
  const byTopic = new Map<string, Change[]>();
  const target = renewal.target.branch;
  const newer = diffLocks(renewal.before, renewal.after).filter(isNewer);
  const isIgnored = ({ artifact, to }: Change) => isIgnoredBy(ruleOf(bump, artifact, target), to);
  const ignored = new Set(newer.filter(isIgnored).map(({ artifact }) => artifact));
  for (const change of newer.filter(({ artifact }) => !ignored.has(artifact))) {
    const name = topicName(bump, change.artifact, target);
    byTopic.set(name, [...(byTopic.get(name) ?? []), change]);
  }
  return [...byTopic].map(([name, changes]) => makeTopic({ bump, ...renewal }, name, changes));
}

/** An artifact enters the lock as a whole, so one system is enough to leave it out. */
function isIgnoredBy(rule: BumpRule, to: Change["to"]): boolean {
  return rule.ignore || (to !== undefined && isIgnoredVersion(rule, to.version));
}

/** Whether it is more than a new date of expiry of the same job. */
function isNewer({ from, to }: Change): boolean {
  return from === undefined || to === undefined || from.job !== to.job || from.storePath !== to.storePath;
}

/** Name of the topic that an artifact belongs to on a target branch. */
export function topicName(bump: Bump, artifact: string, target: string): string {
  const { group } = ruleOf(bump, artifact, target);
  return group === undefined ? artifact : `group.${group}`;
}

function makeTopic(
  { bump, target, before, after, edits = new Map() }: Renewal & { readonly bump: Bump },
  name: string,
  changes: readonly Change[],
): Topic {
  const names = [...new Set(changes.map(({ artifact }) => artifact))].sort();
  const [first, ...others] = names.map((artifact) => ruleOf(bump, artifact, target.branch));
  if (first === undefined) throw new Error(`the topic ${name} has no changes`);
  const artifacts: Record<string, LockedArtifact> = { ...before.artifacts };
  for (const artifact of names) {
    const entry = after.artifacts[artifact];
    if (entry === undefined) delete artifacts[artifact];
    else artifacts[artifact] = entry;
  }
  const created = changes.flatMap(({ to }) =>
    to === undefined ? [] : [new Date(to.createdAt).toISOString()],
  );
  return {
    name,
    target: target.branch,
    id: idOf(name, target),
    branch: branchFor(name, target),
    rule: combineRules([first, ...others]),
    changes,
    lock: { ...before, artifacts },
    edits: names.flatMap((artifact) => edits.get(artifact) ?? []),
    fingerprint: fingerprintOf(changes),
    newest: created.sort().at(-1),
  };
}

/** Percent-encoded (RFC 3986), so that it can stand in a comment and ends at a space. */
function idOf(name: string, { branch, isDefault }: Target): string {
  return isDefault ? name : `${name}@${encodeURIComponent(branch)}`;
}

/** 128 bits of the SHA-256 of the entries that the changes lead to, without what is only said about them. */
function fingerprintOf(changes: readonly Change[]): string {
  const entries = changes.map(({ artifact, system, to }) => [
    artifact,
    system,
    to === undefined ? null : contentOf(to),
  ]);
  return createHash("sha256").update(JSON.stringify(entries)).digest("hex").slice(0, 32);
}

function contentOf(variant: LockedVariant): [key: string, value: unknown][] {
  const entries = Object.entries(variant).filter(([key]) => key !== "provenance");
  return entries.sort(([a], [b]) => (a < b ? -1 : 1));
}
