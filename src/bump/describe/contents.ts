/** Which files the archives of the old and the new job hold. Asked for only when a description is written. */
import { listArchive } from "../../gitlab/archive-listing.js";
import type { GitLab } from "../../gitlab/gitlab.js";
import type { LockedVariant } from "../../lock/schema.js";
import type { Topic } from "../renew/topic.js";
import { code, day, details } from "./markdown.js";

/** Of one pair of jobs, whatever number of systems is locked from them. */
export interface ContentChange {
  readonly artifact: string;
  readonly from: LockedVariant;
  readonly to: LockedVariant;
  /** Paths in the archive, sorted; undefined when an archive cannot be read. */
  readonly difference:
    | { readonly added: readonly string[]; readonly removed: readonly string[] }
    | { readonly missing: "old" | "new" };
}

/** Pairs of archives that are listed, and names of each that are shown. */
const MAX_PAIRS = 10;
const MAX_NAMES = 25;

/** A few small requests for each pair; an archive that cannot be listed is no error. */
export async function readContentChanges(gitlab: GitLab, topic: Topic): Promise<readonly ContentChange[]> {
  return Promise.all(
    pairsOf(topic)
      .slice(0, MAX_PAIRS)
      .map(async ({ artifact, instance, from, to }) => {
        const list = ({ projectId, job }: LockedVariant) => listArchive(gitlab, { instance, projectId, job });
        const [old, fresh] = await Promise.all([list(from), list(to)]);
        return { artifact, from, to, difference: differenceOf(old, fresh) };
      }),
  );
}

function differenceOf(
  old: readonly string[] | undefined,
  fresh: readonly string[] | undefined,
): ContentChange["difference"] {
  if (fresh === undefined) return { missing: "new" };
  if (old === undefined) return { missing: "old" };
  const [before, after] = [new Set(old), new Set(fresh)];
  return {
    added: [...after].filter((name) => !before.has(name)).sort(),
    removed: [...before].filter((name) => !after.has(name)).sort(),
  };
}

interface Pair {
  readonly artifact: string;
  readonly instance: string;
  readonly from: LockedVariant;
  readonly to: LockedVariant;
}

function pairsOf({ changes, lock }: Topic): Pair[] {
  const pairs = new Map<string, Pair>();
  for (const { artifact, from, to } of changes) {
    const instance = lock.artifacts[artifact]?.gitlab;
    if (from === undefined || to === undefined || instance === undefined || from.job === to.job) continue;
    pairs.set(JSON.stringify([instance, from.job, to.job]), { artifact, instance, from, to });
  }
  return [...pairs.values()];
}

/** The section of a description; empty when nothing is replaced. */
export function contentsSection(changes: readonly ContentChange[], topic: Topic, now: Date): string {
  const parts = changes.map((change) => contentsPart(change, now));
  const rest = pairsOf(topic).length - changes.length;
  if (rest > 0) parts.push(`The archives of ${rest} more jobs were not compared.`);
  return parts.length === 0 ? "" : ["### Files in the archive", ...parts].join("\n\n");
}

function contentsPart({ artifact, from, to, difference }: ContentChange, now: Date): string {
  const name = `${code(artifact)}, ${code(to.jobName)}`;
  if ("missing" in difference) return `${name}: ${whyMissing(difference.missing === "old" ? from : to, now)}`;
  const { added, removed } = difference;
  if (added.length + removed.length === 0) return `${name}: the same names as before`;
  const lines = [...listed("added", added), ...listed("removed", removed)];
  return `${name}\n\n${details(`${added.length} added, ${removed.length} removed`, lines.join("\n"))}`;
}

function whyMissing({ job, expiresAt }: LockedVariant, now: Date): string {
  const hasExpired = expiresAt !== null && Date.parse(expiresAt) <= now.getTime();
  return hasExpired
    ? `the archive of job ${job} has expired on ${day(expiresAt)}, so the names cannot be compared`
    : `GitLab does not tell what the archive of job ${job} holds, so the names cannot be compared`;
}

function listed(what: string, names: readonly string[]): string[] {
  const lines = names.slice(0, MAX_NAMES).map((name) => `- ${what} ${code(name)}`);
  return names.length > MAX_NAMES ? [...lines, `- ${what}: ${names.length - MAX_NAMES} more`] : lines;
}
