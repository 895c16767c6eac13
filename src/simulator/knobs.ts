/**
 * What differs between GitLab instances: version, plan, storage and settings. Each knob chooses one behaviour that a
 * client has to cope with, and can be turned while the server runs.
 */
import { z } from "zod";

export const Knobs = z.strictObject({
  /** Version of the instance; routes and parameters appear with the version that brought them. */
  version: z
    .string()
    .regex(/^\d+\.\d+\.\d+$/, 'expected a version such as "19.5.0"')
    .default("19.5.0"),
  /** On the free plan, job tokens do not open the artifact routes. */
  plan: z.enum(["free", "premium"]).default("premium"),
  /** Whether the GraphQL API answers; some instances shut it off in front of GitLab. */
  graphql: z.boolean().default(true),
  /** Points that a GraphQL query may cost. */
  graphqlComplexity: z.int().positive().default(250),
  /** Where archives live: on the server's disk, in object storage behind a redirect, or there but streamed through. */
  storage: z.enum(["local", "direct", "proxied"]).default("direct"),
  /** Seconds for which a presigned storage URL is good. */
  presignTtlSeconds: z.int().positive().default(600),
  /** `constant`: every download has the same weak tag. `strong`: the tag is made from the archive's SHA-256. */
  etag: z.enum(["constant", "strong", "none"]).default("constant"),
  /** Milliseconds after a pipeline's last change during which its status still reads `running`. */
  pipelineStatusLagMs: z.int().min(0).default(0),
  /** Reads of a merge request that still find its mergeability being checked, after each change of a branch. */
  mergeabilityChecks: z.int().min(0).default(1),
  /** Order of the entries in newly uploaded archives. The runner's own order differs from run to run. */
  entryOrder: z.enum(["sorted", "shuffled"]).default("sorted"),
  /** Modification times in newly uploaded archives: those of the job, or the same in every run. */
  entryTimes: z.enum(["job", "fixed"]).default("job"),
  /** How newly uploaded archives hold their files. `store` gives the same bytes whatever zlib is at work. */
  compression: z.enum(["deflate", "store"]).default("deflate"),
  /** Shape of the job tokens that `issueJobToken` makes. */
  jobTokenFormat: z.enum(["legacy", "jwt"]).default("jwt"),
  /** Seconds that a device has to wait between two questions whether its person has decided. */
  deviceIntervalSeconds: z.int().min(0).default(5),
  /** Origin that `Link` headers name, when the instance's configured URL is not the one that clients use. */
  linkOrigin: z.url().optional(),
  /** Requests that each caller may make per period, told in `RateLimit-*` headers; none when absent. */
  rateLimit: z
    .strictObject({ limit: z.int().positive(), periodSeconds: z.int().positive().default(60) })
    .optional(),
});
export type Knobs = z.output<typeof Knobs>;
export type KnobsInput = z.input<typeof Knobs>;

/** Whether the instance is of GitLab `release` ("18.8") or newer. */
export function atLeast(knobs: Knobs, release: string): boolean {
  const [major = 0, minor = 0] = knobs.version.split(".").map(Number);
  const [neededMajor = 0, neededMinor = 0] = release.split(".").map(Number);
  return major > neededMajor || (major === neededMajor && minor >= neededMinor);
}
