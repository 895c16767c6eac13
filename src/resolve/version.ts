/**
 * Versions as nixpkgs writes them: the tag without its prefix, else `<last tag or 0>-unstable-YYYY-MM-DD` of the commit
 * (nixpkgs manual, "Versioning"; pkgs/README.md).
 */
import type { Tag } from "../gitlab/schema.js";

/** The version that a tag stands for. Without a `prefix` a `v` before a digit is left out. */
export function versionOfTag(tag: string, prefix: string | undefined): string {
  const version =
    prefix === undefined
      ? tag.replace(/^v(?=\d)/, "")
      : tag.startsWith(prefix)
        ? tag.slice(prefix.length)
        : tag;
  return version === "" ? tag : version;
}

/**
 * The version of a commit that has no tag.
 *
 * @param committedAt ISO 8601
 * @param tags of the project; those that are younger than the commit do not count
 */
export function unstableVersion(committedAt: string, tags: readonly Tag[]): string {
  const at = new Date(committedAt);
  const last = highestVersion(tags.filter(({ commit }) => new Date(commit.committed_date) <= at));
  return `${last ?? "0"}-unstable-${at.toISOString().slice(0, "YYYY-MM-DD".length)}`;
}

interface TagVersion {
  readonly numbers: readonly number[];
  /** What follows the numbers; a version with nothing is higher than one with something, a pre-release. */
  readonly rest: string;
  readonly text: string;
}

/** The highest version among the tags that look like one (`v1`, `v1.2.3`, `1.2`, `1.2.0-rc1`), without the `v`. */
function highestVersion(tags: readonly Tag[]): string | undefined {
  const versions = tags.flatMap(({ name }) => parseVersion(name) ?? []);
  return versions.sort(compareVersions).at(-1)?.text;
}

function parseVersion(tag: string): TagVersion | undefined {
  const match = /^(?:v(?=\d)|(?=\d+\.))(\d+(?:\.\d+)*)([-+.\w]*)$/.exec(tag);
  if (match === null) return undefined;
  const [, numbers = "", rest = ""] = match;
  return { numbers: numbers.split(".").map(Number), rest, text: versionOfTag(tag, undefined) };
}

function compareVersions(a: TagVersion, b: TagVersion): number {
  const length = Math.max(a.numbers.length, b.numbers.length);
  for (let i = 0; i < length; i++) {
    const difference = (a.numbers[i] ?? 0) - (b.numbers[i] ?? 0);
    if (difference !== 0) return difference;
  }
  if (a.rest === b.rest) return 0;
  if (a.rest === "" || b.rest === "") return a.rest === "" ? 1 : -1;
  return a.rest < b.rest ? -1 : 1;
}
