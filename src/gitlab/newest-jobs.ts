import { z } from "zod";
import type { GitLab } from "./gitlab.js";

/** Paths that `projects` takes at most; GitLab `app/graphql/resolvers/projects_resolver.rb`. */
export const MAX_PROJECTS = 50;

/**
 * For fifty projects about 40 of the 200 points that an anonymous query may cost; it costs more the more projects are asked about. Without `retried: false` the jobs would have replaced attempts
 * among them. Projects that the caller may not see are left out of the answer, without an error.
 */
const queryFor = (projects: number) => `query NewestJobs($paths: [String!]!, $ref: String!) {
  projects(fullPaths: $paths, first: ${projects}) { nodes { id fullPath
    pipelines(ref: $ref, status: SUCCESS, first: 1) { nodes { id source
      jobs(retried: false, first: 100) { nodes { id name artifacts { nodes { fileType expireAt } } } } } } } }
}`;

/** The number at the end of `gid://gitlab/Ci::Build/7`. */
const GlobalId = z
  .string()
  .regex(/^gid:\/\/gitlab\/[\w:]+\/\d+$/)
  .transform((id) => Number(id.slice(id.lastIndexOf("/") + 1)));
const Instant = z.iso.datetime({ offset: true }).transform((text) => new Date(text).toISOString());
/** Elements may be null where the caller may not see them. */
const listOf = <T extends z.ZodType>(node: T) =>
  z
    .object({ nodes: z.array(node.nullable()) })
    .nullish()
    .transform((list) => (list?.nodes ?? []).filter((one) => one !== null));

const NewestJob = z.object({
  id: GlobalId.nullish(),
  name: z.string().nullish(),
  artifacts: listOf(z.object({ fileType: z.string().nullish(), expireAt: Instant.nullish() })),
});

const Answer = z.object({
  projects: listOf(
    z.object({
      id: GlobalId,
      fullPath: z.string(),
      pipelines: listOf(z.object({ id: GlobalId, source: z.string().nullish(), jobs: listOf(NewestJob) })),
    }),
  ),
});

export type ProjectAtRef = z.infer<typeof Answer>["projects"][number];

/**
 * For each of the projects that there are, the newest successful pipeline on the ref with its first hundred jobs, without
 * those of child pipelines: POST `/api/graphql`.
 *
 * @param paths current full paths, at most `MAX_PROJECTS`
 */
export async function newestJobs(
  gitlab: GitLab,
  instance: string,
  { paths, ref }: { readonly paths: readonly string[]; readonly ref: string },
): Promise<readonly ProjectAtRef[]> {
  return (await gitlab.query(instance, queryFor(paths.length), { paths, ref }, Answer)).projects;
}
