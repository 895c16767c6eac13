/**
 * How a topic is worded for people, in Markdown that no word of others can break out of. Before the plan, which compares these texts
 * with those that are there. This file: title, description and commit message. Pure, and without a clock: the same topic always
 * reads the same.
 */
import { createHash } from "node:crypto";
import type { Bump } from "../../config/bump.js";
import type { Change } from "../../lock/diff.js";
import type { LockedVariant } from "../../lock/schema.js";
import { formatBytes } from "../../terminal/quantities.js";
import type { Topic } from "../renew/topic.js";
import { printMarker, printTrailer, recreateBox, type Marker } from "../situation/marker.js";
import { changelogSection } from "./changelog.js";
import { contentsSection } from "./contents.js";
import type { Findings } from "./findings.js";
import { code, commitLink, compareLink, day, jobLink, table, word } from "./markdown.js";
import { provenanceSection } from "./provenance.js";

export interface MergeRequestText {
  readonly title: string;
  readonly description: string;
  readonly commitMessage: string;
  readonly marker: Marker;
}

/** Rows of the table; GitLab's limit of a description is far beyond them. */
const MAX_ROWS = 200;
/** Git's advice for subject lines leaves room for a prefix; GitLab's limit for titles is 255. */
const MAX_TITLE = 120;

/** @param findings what to tell beyond the plan; whether a description is up to date does not depend on it */
export function describeTopic(topic: Topic, bump: Bump, findings?: Findings): MergeRequestText {
  const subject = subjectOf(topic, bump);
  const title = topic.rule.draft ? `Draft: ${subject}` : subject;
  const [head, foot] = [tableOf(topic), `${notesOf(topic, bump)}\n\n${recreateBox()}`];
  const told = findings === undefined ? [] : sectionsOf(topic, findings);
  const text = [head, ...told, foot].join("\n\n");
  const digest = createHash("sha256").update(`${title}\n${head}\n${foot}`).digest("hex").slice(0, 32);
  const { name, target, fingerprint } = topic;
  const marker: Marker = { version: 1, topic: name, target, fingerprint, text: digest };
  return {
    title,
    description: `${text}\n\n${printMarker(marker)}\n`,
    commitMessage: [subject, commitLines(topic.changes), printTrailer(topic.fingerprint)].join("\n\n"),
    marker,
  };
}

function subjectOf({ name, id, target, changes }: Topic, { semanticCommits }: Bump): string {
  const artifacts = [...new Set(changes.map(({ artifact }) => artifact))];
  const versions = [...new Set(changes.map(({ to }) => to?.version))];
  const [artifact = ""] = artifacts;
  const [version] = versions;
  const what =
    artifacts.length > 1
      ? `Update ${artifacts.length} artifacts of ${name.replace(/^group\./, "")}`
      : changes.every(({ kind }) => kind === "removed")
        ? `Remove ${artifact}`
        : `${changes.every(({ kind }) => kind === "added") ? "Add" : "Update"} ${artifact}` +
          (versions.length === 1 && version !== undefined ? ` to ${word(version)}` : "");
  const suffix = id === name ? "" : ` (${word(target)})`;
  const prefix = semanticCommits === true ? "chore(deps): " : "";
  return `${prefix}${what}`.slice(0, MAX_TITLE - suffix.length) + suffix;
}

function commitLines(changes: readonly Change[]): string {
  return changes
    .slice(0, MAX_ROWS)
    .map(({ artifact, system, from, to }) => {
      const side = (one: LockedVariant | undefined) =>
        one === undefined ? "none" : `${word(one.version)} (job ${one.job})`;
      return `${artifact} ${system}: ${side(from)} to ${side(to)}`;
    })
    .join("\n");
}

function sectionsOf(topic: Topic, findings: Findings): string[] {
  const { changelogs, contents, now } = findings;
  const sections = [
    changelogSection(changelogs, topic),
    contentsSection(contents, topic, now),
    provenanceSection(topic, now),
  ];
  return sections.filter((text) => text !== "");
}

function tableOf(topic: Topic): string {
  const shown = topic.changes.slice(0, MAX_ROWS);
  const rest = topic.changes.length - shown.length;
  return [
    "Newer artifacts are there. The lock and the overlay of this branch hold their hashes.",
    table(
      ["Artifact", "System", "Version", "Job", "Commit", "Size", "Built", "Expires"],
      shown.map((change) => row(change, topic)),
    ),
    ...(rest > 0 ? [`And ${rest} more.`] : []),
    ...editNotes(topic),
  ].join("\n\n");
}

function editNotes({ edits }: Topic): string[] {
  const notes = edits
    .slice(0, MAX_ROWS)
    .map(({ path, field, value }) => `- In ${code(path)}, ${code(field)} is ${code(value)} now.`);
  return notes.length === 0 ? [] : [notes.join("\n")];
}

function row(change: Change, { lock }: Topic): string[] {
  const { artifact, system, from, to } = change;
  const base = lock.artifacts[artifact]?.gitlab;
  return [
    code(artifact),
    code(system),
    between(from, to, ({ version }) => code(version)),
    between(from, to, (one) => jobOf(one, base)),
    commitOf(change, base),
    sizeOf(change),
    day(to?.createdAt),
    to?.expiresAt === null ? "never" : day(to?.expiresAt),
  ];
}

function between(
  from: LockedVariant | undefined,
  to: LockedVariant | undefined,
  show: (one: LockedVariant) => string,
): string {
  if (from === undefined || to === undefined) {
    const one = from ?? to;
    return one === undefined ? "" : `${to === undefined ? "removed " : ""}${show(one)}`;
  }
  return show(from) === show(to) ? show(to) : `${show(from)} → ${show(to)}`;
}

function jobOf({ job, jobName, project }: LockedVariant, instance: string | undefined): string {
  const name = `${jobName} ${job}`;
  return instance === undefined ? code(name) : jobLink({ instance, project }, name, job);
}

function commitOf({ from, to }: Change, instance: string | undefined): string {
  if (to === undefined) return "";
  if (instance === undefined) return code(to.commit.slice(0, 8));
  const page = { instance, project: to.project };
  if (from === undefined || from.commit === to.commit || from.projectId !== to.projectId)
    return commitLink(page, to.commit);
  return compareLink(page, { from: from.commit, to: to.commit });
}

function sizeOf({ from, to }: Change): string {
  if (to === undefined) return "";
  const delta = from === undefined ? 0 : to.size - from.size;
  if (delta === 0) return formatBytes(to.size);
  return `${formatBytes(to.size)} (${delta > 0 ? "+" : "−"}${formatBytes(Math.abs(delta))})`;
}

function notesOf({ rule }: Topic, { stopLabel, rebase }: Bump): string {
  const when = { conflicted: "when it conflicts", behind: "when it is behind", never: "only on request" }[
    rebase
  ];
  return [
    rule.automerge
      ? "- It is merged once a pipeline of exactly this commit has succeeded."
      : "- Merging is up to you.",
    `- The branch is made anew when something newer is there, and ${when}. Commits of people on it are left alone.`,
    `- The label ${code(stopLabel)} stops all updates. Closing it means no: the same content is not proposed again.`,
  ].join("\n");
}
