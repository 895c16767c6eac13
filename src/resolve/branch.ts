import type { Ref } from "../artifact.js";
import { newestJob } from "./newest-job.js";
import { requireProtected } from "./protected.js";
import type { Found, Search } from "./search.js";

/** `{ branch }`: the job of the newest successful pipeline on the branch that has it. */
export async function findOnBranch(ref: Extract<Ref, { branch: string }>, search: Search): Promise<Found> {
  if (ref.protectedOnly === true) await requireProtected("branch", ref.branch, search);
  const found = await newestJob([ref.branch], ref, search);
  const { tag, pipeline } = found.job;
  if (tag) {
    search.warn(
      `"${ref.branch}" is also a tag, and its pipeline ${pipeline.id} is newer than those of the branch.`,
    );
  }
  return found;
}
