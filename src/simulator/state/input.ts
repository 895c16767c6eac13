/**
 * What can be put into the simulator: tokens, projects, pipelines, jobs and files, as plain JSON or from code.
 * A schema and its (input) type have one name.
 */
import { z } from "zod";
import { Knobs } from "../knobs.js";

const Time = z.iso.datetime({ offset: true });
const Id = z.int().positive();
const Sha = z.string().regex(/^[0-9a-f]{40}$/, "expected 40 hexadecimal digits");
const Role = z.enum(["guest", "reporter", "developer", "maintainer", "owner"]);
const Mode = z.union([
  z.int().min(0).max(0o777),
  z
    .string()
    .regex(/^0?[0-7]{3}$/, 'expected an octal mode such as "755"')
    .transform((text) => Number.parseInt(text, 8)),
]);
const Bytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array, "expected bytes");

/** A file of an archive: its text or bytes, what they are generated from, or where the link points. */
export const FileInput = z.union([
  z.string(),
  Bytes,
  z.strictObject({ content: z.union([z.string(), Bytes]), mode: Mode.optional() }),
  z.strictObject({ base64: z.base64(), mode: Mode.optional() }),
  z.strictObject({ size: z.int().min(0), seed: z.int(), mode: Mode.optional() }),
  z.strictObject({ symlink: z.string().min(1) }),
  z.strictObject({ directory: z.literal(true), mode: Mode.optional() }),
]);
export type FileInput = z.input<typeof FileInput>;

export const ArtifactsInput = z.union([
  /** The bytes of a zip file. */
  Bytes,
  z.strictObject({
    files: z.record(z.string().min(1), FileInput).default({}),
    /** `artifacts:name` of the job, without `.zip`. */
    name: z.string().min(1).default("artifacts"),
    expireAt: Time.nullable().default(null),
    /** Who may download (`artifacts:access`). */
    access: z.enum(["all", "developer", "maintainer", "none"]).default("all"),
    /** The job has a test report, but no archive. */
    reportsOnly: z.boolean().default(false),
  }),
]);
export type ArtifactsInput = z.input<typeof ArtifactsInput>;

const STATUSES = [
  "created",
  "waiting_for_resource",
  "preparing",
  "waiting_for_callback",
  "pending",
  "running",
  "success",
  "failed",
  "canceling",
  "canceled",
  "skipped",
  "manual",
  "scheduled",
] as const;
export const Status = z.enum(STATUSES);
export type Status = z.infer<typeof Status>;

export const JobInput = z.strictObject({
  id: Id.optional(),
  name: z.string().min(1),
  status: Status.default("success"),
  stage: z.string().default("build"),
  allowFailure: z.boolean().default(false),
  /** An older attempt, replaced by a newer job. */
  retried: z.boolean().default(false),
  createdAt: Time.optional(),
  artifacts: ArtifactsInput.optional(),
  erased: z.boolean().default(false),
});
export type JobInput = z.input<typeof JobInput>;

export const Source = z.enum([
  "push",
  "web",
  "trigger",
  "schedule",
  "api",
  "external",
  "pipeline",
  "chat",
  "webide",
  "merge_request_event",
  "external_pull_request_event",
  "parent_pipeline",
  "ondemand_dast_scan",
  "ondemand_dast_validation",
  "security_orchestration_policy",
  "container_registry_push",
  "duo_workflow",
  "pipeline_execution_policy_schedule",
]);
export type Source = z.infer<typeof Source>;

export const PipelineInput = z.strictObject({
  id: Id.optional(),
  ref: z.string().min(1),
  /** Whether it ran for a tag. */
  tag: z.boolean().default(false),
  status: Status.default("success"),
  source: Source.optional(),
  sha: Sha.optional(),
  committedAt: Time.optional(),
  /** When its commit was written; by default when it was committed. */
  authoredAt: Time.optional(),
  commitTitle: z.string().default("A commit"),
  createdAt: Time.optional(),
  updatedAt: Time.optional(),
  name: z.string().optional(),
  /** Id of the pipeline that started this one, of the same project or of another. */
  parent: Id.optional(),
  jobs: z.array(JobInput).default([]),
  /** Trigger jobs that started no pipeline. Those that did come with the pipelines that name this one as their parent. */
  bridges: z.array(z.strictObject({ name: z.string().min(1), status: Status })).default([]),
});
export type PipelineInput = z.input<typeof PipelineInput>;

export const ProjectInput = z.strictObject({
  id: Id.optional(),
  path: z.string().regex(/^[^/\s]+(\/[^/\s]+)+$/, 'expected a full path such as "group/project"'),
  visibility: z.enum(["private", "internal", "public"]).default("private"),
  defaultBranch: z.string().default("main"),
  /** "Public pipelines": whether guests and strangers who see the project also see its jobs. */
  publicJobs: z.boolean().default(true),
  /** Whether the newest successful pipeline of a ref keeps its artifacts past their expiry. */
  keepLatest: z.boolean().default(true),
  /** Paths that the project had before; they answer with a redirect. */
  formerPaths: z.array(z.string()).default([]),
  /** Paths of the projects whose job tokens may read this one, besides its own. */
  jobTokenAllowlist: z.array(z.string()).default([]),
  tags: z.array(z.strictObject({ name: z.string().min(1), commit: Sha, committedAt: Time })).default([]),
  /** Branches and tags that only maintainers may push to. */
  protectedRefs: z.array(z.string()).default([]),
  /** Whether merge requests are merged by merge trains. */
  mergeTrains: z.boolean().default(false),
  archived: z.boolean().default(false),
  /** What GitLab says of it; the simulator's own repositories may be empty where pipelines ran. */
  emptyRepository: z.boolean().default(false),
  /** Whether the project has merge requests. */
  mergeRequests: z.boolean().default(true),
  pipelines: z.array(PipelineInput).default([]),
});
export type ProjectInput = z.input<typeof ProjectInput>;

export const TokenInput = z.strictObject({
  token: z.string().min(1),
  kind: z.enum(["personal", "project", "group", "oauth", "job"]),
  /** What the request log calls it; by default the kind and a number. */
  name: z.string().optional(),
  scopes: z.array(z.enum(["api", "read_api", "read_user", "read_repository"])).default(["read_api"]),
  user: z.string().default("dev"),
  /** Full paths of the projects that its user is a member of; by default all. */
  projects: z.array(z.string()).optional(),
  /** The user's role in these projects. */
  role: Role.default("developer"),
  expiresAt: Time.optional(),
  revoked: z.boolean().default(false),
  /** For a job token: the job that it belongs to. It is good only while that job runs. */
  job: Id.optional(),
});
export type TokenInput = z.input<typeof TokenInput>;

export const StateInput = z.strictObject({
  knobs: Knobs.partial().optional(),
  /** Makes the clock stand still at this time. */
  now: Time.optional(),
  tokens: z.array(TokenInput).default([]),
  projects: z.array(ProjectInput).default([]),
});
export type StateInput = z.input<typeof StateInput>;
