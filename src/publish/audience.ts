/** Who may read a cache, compared with who may read the artifacts in GitLab. */
import pLimit from "p-limit";
import { UserError } from "../errors.js";
import type { LockedEntry } from "../lock/entry.js";
import type { GitLab } from "../gitlab/gitlab.js";
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

/**
 * Takes out what a cache for `audience` would show to people who may not read it in GitLab. One request a project; none when
 * the cache is private.
 *
 * @returns the rest, and an error for each artifact that was taken out
 * @throws UserError when GitLab does not say who may read a project
 */
export async function withoutExposed(
  wanted: readonly LockedEntry[],
  audience: Visibility,
  gitlab: GitLab,
): Promise<{ wanted: LockedEntry[]; errors: UserError[] }> {
  if (audience === "private") return { wanted: [...wanted], errors: [] };
  const limit = pLimit(PROJECTS_AT_ONCE);
  const asked = new Map<string, Promise<Visibility>>();
  const visibilities = await Promise.all(
    wanted.map(({ variant: { url, projectId } }) => {
      // The lock's URLs are those of the API.
      const instance = url.slice(0, url.indexOf("/api/v4/"));
      const key = JSON.stringify([instance, projectId]);
      const asking = asked.get(key) ?? limit(() => visibilityOf(gitlab, instance, projectId));
      asked.set(key, asking);
      return asking;
    }),
  );
  const exposed = wanted.map((_, index) => isNarrower(visibilities[index] ?? "private", audience));
  return {
    wanted: wanted.filter((_, index) => exposed[index] === false),
    errors: wanted.flatMap((one, index) =>
      exposed[index] === true ? [exposes(one, visibilities[index] ?? "private", audience)] : [],
    ),
  };
}

/** Jobs may be for members only where the project is not (GitLab: "Project features", `builds_access_level`, `public_jobs`). */
async function visibilityOf(gitlab: GitLab, instance: string, project: number): Promise<Visibility> {
  const { visibility, builds_access_level, public_jobs } = await getProjectVisibility(gitlab, {
    instance,
    project,
  });
  return builds_access_level === "private" || public_jobs === false ? "private" : visibility;
}

function isNarrower(visibility: Visibility, audience: Visibility): boolean {
  return AUDIENCES.indexOf(visibility) < AUDIENCES.indexOf(audience);
}

function exposes(
  { artifact, variant }: LockedEntry,
  visibility: Visibility,
  audience: Visibility,
): UserError {
  return new UserError(
    "EXPOSES_ARTIFACT",
    `${artifact}: in GitLab ${READERS[visibility]} may read it (${variant.project}), in this cache ${READERS[audience]} could`,
    {
      hint: `publish it to a cache for fewer readers, or, if ${READERS[audience]} may have it, add --expose-private`,
    },
  );
}
