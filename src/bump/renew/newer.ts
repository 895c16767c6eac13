/** Which version there is beyond the range of a manifest, and what the range must be to let it in. Asks GitLab for tags only. */
import gtr from "semver/ranges/gtr.js";
import type { BumpRule } from "../../config/bump.js";
import { GitLabError } from "../../gitlab/gitlab-error.js";
import type { GitLab } from "../../gitlab/gitlab.js";
import type { ProjectAddress } from "../../gitlab/projects.js";
import { listTags } from "../../gitlab/tags.js";
import type { Declared } from "../../manifest/declared.js";
import { tagsInRange, versionsOf } from "../../resolve/semver.js";
import type { ManifestEdit } from "./manifest-edit.js";
import { raisedRange } from "./raised-range.js";
import { isIgnoredVersion } from "./rules.js";

/** Tags of a project that are looked at, the most recently updated first. */
const MAX_TAGS = 2000;

/** The newest tag, and what the field of the ref must be to take it; undefined when only a person can say that. */
export interface Newer {
  readonly tag: string;
  readonly field: ManifestEdit["field"];
  readonly value: string | undefined;
}

/**
 * The newest version that the rule does not ignore, when it is beyond the range, or newer than the tag, of the artifact. Undefined when
 * there is none, and for an artifact that follows no version.
 */
export async function findNewer(
  { gitlab: instance, project, ref }: Declared,
  rule: BumpRule,
  tagsOf: TagsOf,
): Promise<Newer | undefined> {
  if (!("semver" in ref) && !("tag" in ref)) return undefined;
  const { tagPrefix } = ref;
  const prereleases = "semver" in ref && ref.prereleases === true;
  const address = { instance, project: /^\d+$/.test(project) ? Number(project) : project };
  const names = await tagsOf(address, ref);
  const tag = tagsInRange(names, { semver: "*", tagPrefix, prereleases }).find(
    (name) => !isIgnoredVersion(rule, versionOf(name, tagPrefix)),
  );
  if (tag === undefined) return undefined;
  const version = versionOf(tag, tagPrefix);
  if ("semver" in ref)
    return gtr(version, ref.semver)
      ? { tag, field: "semver", value: raisedRange(ref.semver, version) }
      : undefined;
  // A tag that is no version comes before none.
  const known = tagsInRange([ref.tag], { semver: "*", tagPrefix, prereleases: true });
  const isNewer = known.length > 0 && tag !== ref.tag && gtr(version, versionOf(ref.tag, tagPrefix));
  return isNewer ? { tag, field: "tag", value: tag } : undefined;
}

interface WhichTags {
  readonly tagPrefix?: string | undefined;
  readonly protectedOnly?: boolean | undefined;
}

/** Names of tags of a project, in the order in which GitLab tells them. */
export type TagsOf = (address: ProjectAddress, which: WhichTags) => Promise<readonly string[]>;

/** However many artifacts are of a project, its tags are asked for once. */
export function tagsOnce(gitlab: GitLab): TagsOf {
  const asked = new Map<string, Promise<readonly string[]>>();
  return (address, { tagPrefix, protectedOnly }) => {
    const key = JSON.stringify([address.instance, address.project, tagPrefix, protectedOnly]);
    const names = asked.get(key) ?? tagNames(gitlab, address, { tagPrefix, protectedOnly });
    asked.set(key, names);
    return names;
  };
}

/** None when GitLab does not tell them: resolving says that better. */
async function tagNames(
  gitlab: GitLab,
  address: ProjectAddress,
  { tagPrefix, protectedOnly }: WhichTags,
): Promise<readonly string[]> {
  const names: string[] = [];
  try {
    for await (const tag of listTags(gitlab, address, tagPrefix)) {
      if (protectedOnly !== true || tag.protected === true) names.push(tag.name);
      if (names.length >= MAX_TAGS) break;
    }
  } catch (error) {
    if (!(error instanceof GitLabError)) throw error;
  }
  return names;
}

function versionOf(tag: string, prefix: string | undefined): string {
  return versionsOf([tag], prefix)[0]?.version ?? "";
}
