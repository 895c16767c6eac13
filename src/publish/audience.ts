/** Who may read a cache, compared with who may read the artifacts in GitLab. */
import pLimit from "p-limit";
import { UserError } from "../errors.js";
import type { LockedEntry } from "../lock/entry.js";
import type { GitLab } from "../gitlab/gitlab.js";
import { GitLabError } from "../gitlab/gitlab-error.js";
import { getProjectVisibility } from "../gitlab/projects.js";
import type { Visibility } from "../gitlab/schema.js";

/** From the fewest readers to the most: those of the project, everybody with an account, everybody. */
export const AUDIENCES = ["private", "internal", "public"] as const satisfies readonly Visibility[];

const READERS: Readonly<Record<Visibility, string>> = {
  private: "the members of its project",
  internal: "everybody with an account on the instance",
  public: "everybody",
};
const PROJECTS_AT_ONCE = 8;

/** Who may read the artifacts of a project, or why GitLab does not say so. */
type Readers = { readonly visibility: Visibility } | { readonly unknown: string };

/**
 * Takes out what a cache for `audience` would show to people who may not read it in GitLab, or of whom GitLab does not say it. One
 * request a project; none when the cache is private.
 *
 * @returns the rest, and an error for each artifact that was taken out
 * @throws UserError when GitLab gives no answer, or refuses the token itself
 */
export async function withoutExposed(
  wanted: readonly LockedEntry[],
  audience: Visibility,
  gitlab: GitLab,
): Promise<{ wanted: LockedEntry[]; errors: UserError[] }> {
  if (audience === "private") return { wanted: [...wanted], errors: [] };
  const limit = pLimit(PROJECTS_AT_ONCE);
  const asked = new Map<string, Promise<Readers>>();
  const judged = await Promise.all(
    wanted.map(async (one) => {
      const { url, projectId } = one.variant;
      // The lock's URLs are those of the API.
      const instance = url.slice(0, url.indexOf("/api/v4/"));
      const key = JSON.stringify([instance, projectId]);
      const asking = asked.get(key) ?? limit(() => readersOf(gitlab, instance, projectId));
      asked.set(key, asking);
      return { one, error: exposure(one, await asking, audience) };
    }),
  );
  return {
    wanted: judged.flatMap(({ one, error }) => (error === undefined ? [one] : [])),
    errors: judged.flatMap(({ error }) => error ?? []),
  };
}

/** Jobs may be for members only where the project is not (GitLab: "Project features", `builds_access_level`, `public_jobs`). */
async function readersOf(gitlab: GitLab, instance: string, project: number): Promise<Readers> {
  try {
    const { visibility, builds_access_level, public_jobs } = await getProjectVisibility(gitlab, {
      instance,
      project,
    });
    if (visibility == null || public_jobs == null) return { unknown: "GitLab tells that to no stranger" };
    return { visibility: builds_access_level === "private" || !public_jobs ? "private" : visibility };
  } catch (error) {
    if (error instanceof GitLabError && (error.status === 403 || error.status === 404))
      return { unknown: error.message };
    throw error;
  }
}

/** The reason not to publish it; undefined when there is none. */
function exposure(
  { artifact, variant }: LockedEntry,
  readers: Readers,
  audience: Visibility,
): UserError | undefined {
  const could = `in this cache ${READERS[audience]} could`;
  const nevertheless = `if ${READERS[audience]} may have it, add --expose-private`;
  if ("unknown" in readers) {
    const message = `${artifact}: it is not known who may read it in GitLab (${variant.project}), and ${could}: ${readers.unknown}`;
    return new UserError("READERS_UNKNOWN", message, {
      hint: `use a token that may see the project, which a job token may not; or, ${nevertheless}`,
    });
  }
  const { visibility } = readers;
  if (AUDIENCES.indexOf(visibility) >= AUDIENCES.indexOf(audience)) return undefined;
  const message = `${artifact}: in GitLab ${READERS[visibility]} may read it (${variant.project}), ${could}`;
  return new UserError("EXPOSES_ARTIFACT", message, {
    hint: `publish it to a cache for fewer readers, or, ${nevertheless}`,
  });
}
