import type { Ref } from "../artifact.js";
import { newestJob } from "./newest-job.js";
import { requireProtected } from "./protected.js";
import type { Found, Search } from "./search.js";

/** `{ tag }`: the job of the newest successful pipeline that ran for the tag itself and has it. */
export async function findOnTag(ref: Extract<Ref, { tag: string }>, search: Search): Promise<Found> {
  if (ref.protectedOnly === true) await requireProtected("tag", ref.tag, search);
  const found = await newestJob([ref.tag], ref, search);
  const { tag, pipeline } = found.job;
  if (!tag) {
    search.warn(
      `"${ref.tag}" is also a branch, and its pipeline ${pipeline.id} is newer than those of the tag.`,
    );
  }
  return found;
}
