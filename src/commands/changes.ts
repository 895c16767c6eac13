/** Changes of a lock, for people and for scripts: shared by `lock` and `outdated`. */
import { dirname } from "node:path";
import type { Change } from "../lock/diff.js";
import type { LockedVariant } from "../lock/schema.js";
import { formatBytes } from "../terminal/quantities.js";

export function changeToJson({ artifact, system, kind, from, to }: Change): object {
  return { artifact, system, kind, from: facts(from), to: facts(to) };
}

function facts(variant: LockedVariant | undefined): object | null {
  if (variant === undefined) return null;
  const { version, project, commit, pipeline, job, size, hash } = variant;
  return { version, project, commit, pipeline, job, size, hash };
}

/** The files that a run wrote or removed; many in one folder become one line. */
export function describeWritten(paths: readonly string[]): string[] {
  const folders = [...new Set(paths.map((path) => dirname(path)))];
  return folders.flatMap((folder) => {
    const files = paths.filter((path) => dirname(path) === folder);
    return files.length > 3
      ? [`wrote ${files.length} files in ${folder}`]
      : files.map((path) => `wrote ${path}`);
  });
}

/** What there is after a run: `6 variants locked: 1 new, 2 changed, 3 unchanged; +1.5 MiB`. */
export function describeSum(changes: readonly Change[], locked: number): string {
  if (changes.length === 0) return `${locked} variants locked, nothing changed`;
  const count = (kind: Change["kind"]) => changes.filter((change) => change.kind === kind).length;
  const [added, changed, removed] = [count("added"), count("changed"), count("removed")];
  const counts = { new: added, changed, removed, unchanged: locked - added - changed };
  const told = Object.entries(counts).flatMap(([word, many]) => (many === 0 ? [] : [`${many} ${word}`]));
  const delta = changes.reduce((sum, { from, to }) => sum + (to?.size ?? 0) - (from?.size ?? 0), 0);
  return `${locked} variants locked: ${told.join(", ")}${delta === 0 ? "" : `; ${signed(delta)}`}`;
}

const COLUMNS = ["name", "system", "versions", "commits"] as const;

/** One line a change: what, from which version and commit to which, and how much bigger it got. */
export function describeChanges(changes: readonly Change[]): string[] {
  const rows = changes.map((change) => ({
    name: change.artifact,
    system: change.system,
    versions: versionsOf(change),
    commits: commitsOf(change),
    rest: sizeOf(change),
  }));
  const widths = COLUMNS.map((column) => rows.reduce((width, row) => Math.max(width, row[column].length), 0));
  return rows.map((row) => {
    const columns = COLUMNS.map((column, index) => row[column].padEnd(widths[index] ?? 0));
    return [...columns, row.rest].join("  ").trimEnd();
  });
}

function versionsOf({ from, to }: Change): string {
  if (from === undefined) return `new ${to?.version ?? ""}`;
  if (to === undefined) return `removed ${from.version}`;
  if (from.version !== to.version) return `${from.version} → ${to.version}`;
  return from.job === to.job ? `${to.version}` : `${to.version}, job ${from.job} → ${to.job}`;
}

function sizeOf({ from, to }: Change): string {
  if (to === undefined) return "";
  if (from === undefined || from.size === to.size) return formatBytes(to.size);
  return `${formatBytes(to.size)} (${signed(to.size - from.size)})`;
}

function signed(bytes: number): string {
  return `${bytes > 0 ? "+" : "−"}${formatBytes(Math.abs(bytes))}`;
}

/** A range as git takes it. */
function commitsOf({ from, to }: Change): string {
  const commits = [from, to].flatMap((variant) => variant?.commit.slice(0, 8) ?? []);
  return [...new Set(commits)].join("..");
}
