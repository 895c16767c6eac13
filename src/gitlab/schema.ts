/**
 * Answers of GitLab's REST API: only the fields that we read, everything else is let pass. Field meanings: GitLab
 * documentation, "Pipelines API", "Jobs API", "Tags API", "Job artifacts API".
 */
import { z } from "zod";
import { Text } from "../artifact.js";

/** What may come into a lock. */
export const Name = Text.min(1);
const Id = z.int().positive();
export const Sha = z.string().regex(/^[0-9a-f]{40}([0-9a-f]{24})?$/);
/**
 * GitLab writes the offset of its own time zone; we write UTC. REST tells milliseconds and GraphQL does not, so they are left
 * out: what a lock says must not depend on how it was asked for.
 */
export const Instant = z.iso
  .datetime({ offset: true })
  .transform((text) => new Date(Math.floor(Date.parse(text) / 1000) * 1000).toISOString());

export const Project = z.object({ id: Id, path_with_namespace: Name });
export type Project = z.infer<typeof Project>;

/** From the fewest readers to the most. */
export const Visibility = z.enum(["private", "internal", "public"]);
export type Visibility = z.infer<typeof Visibility>;

/** Who may read a project and its jobs. Strangers are not told. */
export const ProjectVisibility = z.object({
  visibility: Visibility.nullish(),
  builds_access_level: z.string().nullish(),
  public_jobs: z.boolean().nullish(),
});
export type ProjectVisibility = z.infer<typeof ProjectVisibility>;

export const Pipeline = z.object({
  id: Id,
  project_id: Id,
  ref: Name,
  sha: Sha,
  status: z.string(),
  source: z.string().nullish(),
  web_url: z.string().nullish(),
});
export type Pipeline = z.infer<typeof Pipeline>;

export const Job = z.object({
  id: Id,
  name: Name,
  status: z.string(),
  /** Whether the pipeline ran for a tag. */
  tag: z.boolean(),
  created_at: Instant,
  finished_at: Instant.nullish(),
  erased_at: Instant.nullish(),
  /** When the artifacts may be removed; null: never. */
  artifacts_expire_at: Instant.nullish(),
  /** Every stored artifact row with its bytes, also of an expired job whose bytes still exist. */
  artifacts: z
    .array(
      z.object({
        file_type: z.string(),
        size: z.int().nonnegative().nullish(),
        filename: z.string().nullish(),
      }),
    )
    .nullish()
    .transform((rows) => rows ?? []),
  commit: z
    .object({ id: Sha, created_at: Instant, title: z.string().nullish(), authored_date: Instant.nullish() })
    .nullish(),
  pipeline: z.object({
    id: Id,
    project_id: Id,
    ref: Name,
    sha: Sha,
    web_url: z.string().nullish(),
  }),
});
export type Job = z.infer<typeof Job>;

/** A job that triggers another pipeline. */
export const TriggerJob = z.object({
  downstream_pipeline: z.object({ id: Id, project_id: Id }).nullish(),
});
export type TriggerJob = z.infer<typeof TriggerJob>;

export const Tag = z.object({
  name: Name,
  commit: z.object({ id: Sha, committed_date: Instant }),
  protected: z.boolean().nullish(),
});
export type Tag = z.infer<typeof Tag>;

export const Branch = z.object({ name: Name, protected: z.boolean().nullish() });
export type Branch = z.infer<typeof Branch>;

/** One entry of the archive; a directory's path ends with `/`. */
export const TreeEntry = z.object({ path: z.string().min(1), type: z.string() });
export type TreeEntry = z.infer<typeof TreeEntry>;

const Words = z.union([z.string(), z.unknown().transform((value) => JSON.stringify(value))]);

/** The JSON of a refusal: `message` by GitLab's own helpers, `error` by Grape and the OAuth layer. */
export const ErrorBody = z
  .string()
  .transform((text, context): unknown => {
    try {
      return JSON.parse(text);
    } catch {
      context.addIssue({ code: "custom", message: "not JSON" });
      return z.NEVER;
    }
  })
  .pipe(
    z.object({
      message: Words.optional(),
      error: z.string().optional(),
      error_description: z.string().optional(),
    }),
  );

/** The XML of a refusal by S3, Google Cloud Storage or Azure. Two fields of a flat document need no parser. */
export const StorageErrorBody = z
  .string()
  .regex(/^\s*(?:<\?xml[^>]*\?>\s*)?<Error>/)
  .transform((text) => ({
    code: /<Code>([^<]*)<\/Code>/.exec(text)?.[1] ?? "",
    message: /<Message>([^<]*)<\/Message>/.exec(text)?.[1] ?? "",
  }));
