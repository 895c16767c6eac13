/**
 * `CODEOWNERS` → who owns files. Format: GitLab documentation, "Code Owners", "Syntax of `CODEOWNERS` file" and "Advanced
 * `CODEOWNERS` configuration". Pure. Whether an owner must approve is GitLab's own affair.
 */
import { isMeant, partsOf } from "./owner-pattern.js";

/** Where GitLab looks, in this order; the first file that is there counts alone. */
export const CODE_OWNERS_FILES = ["CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS"] as const;

export interface CodeOwners {
  /** Names without `@`. Each may be that of a user or of a group. */
  readonly names: readonly string[];
  /** As they are written: groups below groups, roles and addresses. */
  readonly others: readonly string[];
}

interface Entry {
  readonly matches: (path: string) => boolean;
  readonly isExclusion: boolean;
  readonly owners: readonly string[];
}

/** Owners of any of the files, in the order of the file. Lines that GitLab would not understand own nothing. */
export function codeOwnersOf(text: string, paths: readonly string[]): CodeOwners {
  const owners = new Set(
    [...sectionsOf(text).values()].flatMap((entries) => paths.flatMap((path) => ownersIn(entries, path))),
  );
  const names = [...owners].filter((owner) => NAME.test(owner));
  const others = [...owners].filter((owner) => OTHER.test(owner));
  return { names: names.map((owner) => owner.slice(1)), others };
}

const NAME = /^@[A-Za-z0-9_][\w.-]*$/;
const OTHER = /^(@[A-Za-z0-9_][\w.-]*(\/[\w.-]+)+|@@\w+|[\w.+-]+@[\w.-]+)$/;

/** The last entry that matches wins, unless an exclusion of the same section matches: nothing includes a file again. */
function ownersIn(entries: readonly Entry[], path: string): readonly string[] {
  const matching = entries.filter(({ matches }) => matches(path));
  if (matching.some(({ isExclusion }) => isExclusion)) return [];
  return matching.at(-1)?.owners ?? [];
}

const HEADING = /^\^?\[(?<name>[^\]]+)\](?:\[\d*\])?(?:\s+(?<owners>.*))?$/;
const ENTRY = /^(?<pattern>(?:\\.|[^\s\\])+)(?:\s+(?<owners>.*))?$/u;

/** Entries by section. The names of sections do not depend on case, and what stands under the same name belongs together. */
function sectionsOf(text: string): ReadonlyMap<string, readonly Entry[]> {
  const sections = new Map<string, Entry[]>();
  // What stands before the first heading is a section without a name.
  let [section, defaults]: [string, readonly string[]] = ["", []];
  for (const line of text.split("\n").map((one) => one.trim())) {
    if (line === "" || line.startsWith("#")) continue;
    const heading = HEADING.exec(line)?.groups;
    const entry = heading === undefined ? ENTRY.exec(line)?.groups : undefined;
    if (heading !== undefined) {
      [section, defaults] = [(heading["name"] ?? "").toLowerCase(), wordsOf(heading["owners"])];
    } else if (entry !== undefined) {
      const own = wordsOf(entry["owners"]);
      const made = entryOf(entry["pattern"] ?? "", own.length > 0 ? own : defaults);
      const entries = sections.get(section);
      if (entries === undefined) sections.set(section, [made]);
      else entries.push(made);
    }
  }
  return sections;
}

function wordsOf(text = ""): string[] {
  return text.split(/\s+/).filter((word) => word !== "");
}

function entryOf(written: string, owners: readonly string[]): Entry {
  const isExclusion = written.startsWith("!");
  const pattern = isExclusion ? written.slice(1) : written;
  const rooted = pattern.startsWith("/") ? pattern : `/**/${pattern}`;
  const whole = rooted.endsWith("/") ? `${rooted}**/*` : rooted;
  const parts = partsOf(whole);
  return { matches: (path) => isMeant(parts, `/${path}`), isExclusion, owners };
}
