import parse from "semver/functions/parse.js";
import rcompare from "semver/functions/rcompare.js";
import satisfies from "semver/functions/satisfies.js";
import type { Ref } from "../artifact.js";
import { UserError } from "../errors.js";
import { excerpt } from "../redact.js";
import { type Candidate, firstFitting, pipelinesOf } from "./newest-job.js";
import { listNames } from "./near-names.js";
import { declaredAddress, type Found, type Search } from "./search.js";
import { versionOfTag } from "./version.js";

type SemverRef = Extract<Ref, { semver: string }>;

/** Tags whose pipelines are looked at: releases that all lack the job are a mistake, not bad luck. */
const MAX_TAGS_TRIED = 10;

/**
 * `{ semver }`: the job of the highest tag in the range, by semver's order, that has it in a pipeline of its own. A tag whose
 * pipeline still runs or failed is passed over.
 */
export async function findInRange(ref: SemverRef, search: Search): Promise<Found> {
  const tags = await search.inquiry.tags(declaredAddress(search.variant), ref.tagPrefix ?? "");
  const eligible = ref.protectedOnly === true ? tags.filter((tag) => tag.protected === true) : tags;
  const names = eligible.map(({ name }) => name);
  const inRange = tagsInRange(names, ref);
  if (inRange.length === 0) throw noTagInRange(ref, names, search);
  const found = await firstFitting(pipelinesOfTags(inRange, ref, search), ref, search);
  if (found !== undefined) return found;
  throw new UserError(
    "RESOLVE_NO_SUCCESSFUL_PIPELINE",
    `No tag of ${search.variant.project} in the range "${ref.semver}" has a successful pipeline: ${listNames(inRange)}.`,
    {
      at: search.variant.at.ref,
      hint: "a tag needs a pipeline of its own: see that the project's rules run one for tags",
    },
  );
}

/** The tags whose version is in the range, highest first. Of equal versions, the tag that sorts first. */
export function tagsInRange(tags: readonly string[], ref: SemverRef): readonly string[] {
  const includePrerelease = ref.prereleases === true;
  return versionsOf(tags, ref.tagPrefix)
    .filter(({ version }) => satisfies(version, ref.semver, { includePrerelease }))
    .sort(highestFirst)
    .map(({ tag }) => tag);
}

/** A tag that is a version. */
interface TagVersion {
  readonly tag: string;
  /** As semver writes it. */
  readonly version: string;
}

/** The tags that are versions after the prefix, in their order. */
export function versionsOf(tags: readonly string[], prefix: string | undefined): TagVersion[] {
  return tags.flatMap((tag) => {
    if (prefix !== undefined && !tag.startsWith(prefix)) return [];
    const text = versionOfTag(tag, prefix);
    const version = /^\d/.test(text) ? parse(padded(text))?.version : undefined;
    return version === undefined ? [] : [{ tag, version }];
  });
}

/** `1.2` as the `1.2.0` that people mean by it. */
function padded(version: string): string {
  return /^\d+(\.\d+)?$/.test(version) ? `${version}.0.0`.split(".").slice(0, 3).join(".") : version;
}

function highestFirst(a: TagVersion, b: TagVersion): number {
  return rcompare(a.version, b.version) || (a.tag < b.tag ? -1 : 1);
}

async function* pipelinesOfTags(
  tags: readonly string[],
  ref: SemverRef,
  search: Search,
): AsyncGenerator<Candidate, void> {
  for (const tag of tags.slice(0, MAX_TAGS_TRIED)) {
    let some = false;
    for await (const candidate of pipelinesOf([tag], ref, search)) {
      some = true;
      yield candidate;
    }
    if (!some) yield { ref: excerpt(tag), why: "has no successful pipeline" };
  }
}

function noTagInRange(ref: SemverRef, names: readonly string[], { variant }: Search): UserError {
  const versions = versionsOf(names, ref.tagPrefix).sort(highestFirst);
  const known =
    versions.length > 0
      ? `the highest versions are ${listNames(versions.slice(0, 5).map(({ tag }) => tag))}`
      : names.length > 0
        ? `its tags are no versions: ${listNames(names)}`
        : "it has no tag that counts";
  return new UserError(
    "RESOLVE_NO_TAG_IN_RANGE",
    `The project ${variant.project} has no tag in the range "${ref.semver}"; ${known}.`,
    {
      at: variant.at.ref,
      hint: "widen the range; tagPrefix says what stands before the version, prereleases: true lets 2.0.0-rc.1 count, protectedOnly drops tags",
    },
  );
}
