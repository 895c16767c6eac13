/** Changes of a lock, for people and for scripts: shared by `lock` and `outdated`. */
import { dirname } from "node:path";
import type { Change } from "../lock/diff.js";
import type { LockedVariant } from "../lock/schema.js";
import { formatBytes } from "../terminal/terminal.js";

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

/** One line a change: what, from which version to which, and how much bigger it got. */
export function describeChanges(changes: readonly Change[]): string[] {
  const rows = changes.map((change) => ({
    name: change.artifact,
    system: change.system,
    versions: versionsOf(change),
    rest: sizeOf(change),
  }));
  const width = (column: "name" | "system" | "versions") =>
    Math.max(0, ...rows.map((row) => row[column].length));
  return rows.map(({ name, system, versions, rest }) =>
    [name.padEnd(width("name")), system.padEnd(width("system")), versions.padEnd(width("versions")), rest]
      .join("  ")
      .trimEnd(),
  );
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
  const sign = to.size > from.size ? "+" : "−";
  return `${formatBytes(to.size)} (${sign}${formatBytes(Math.abs(to.size - from.size))})`;
}
