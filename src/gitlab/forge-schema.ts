/**
 * Answers about repositories, merge requests and issues: only the fields that we read. Field meanings: GitLab documentation,
 * "Branches API", "Repositories API", "Repository files API", "Merge requests API", "Notes API", "Issues API".
 */
import { z } from "zod";

const Id = z.int().positive();
const Sha = z.string().regex(/^[0-9a-f]{40}([0-9a-f]{24})?$/);

export const Commit = z.object({
  id: Sha,
  message: z.string(),
  parent_ids: z.array(Sha),
  authored_date: z.string(),
  committed_date: z.string(),
});
export type Commit = z.infer<typeof Commit>;

export const Branch = z.object({ name: z.string().min(1), commit: Commit });
export type Branch = z.infer<typeof Branch>;

/** A file or folder; `id` is git's id of its content. */
export const TreeNode = z.object({ id: Sha, path: z.string().min(1), type: z.string(), mode: z.string() });
export type TreeNode = z.infer<typeof TreeNode>;

export const RepositoryFile = z.object({ blob_id: Sha, content: z.base64() });
export type RepositoryFile = z.infer<typeof RepositoryFile>;

export const Forge = z.object({
  id: Id,
  path_with_namespace: z.string().min(1),
  default_branch: z.string().nullish(),
  /** Not there where the plan of the instance has no merge trains. */
  merge_trains_enabled: z.boolean().nullish(),
  archived: z.boolean().nullish(),
  empty_repo: z.boolean().nullish(),
  merge_requests_access_level: z.string().nullish(),
});
export type Forge = z.infer<typeof Forge>;

export const MergeRequest = z.object({
  iid: Id,
  title: z.string(),
  description: z
    .string()
    .nullish()
    .transform((text) => text ?? ""),
  state: z.string(),
  source_branch: z.string(),
  target_branch: z.string(),
  source_project_id: z.int().nullish(),
  target_project_id: z.int().nullish(),
  labels: z.array(z.string()),
  has_conflicts: z.boolean().nullish(),
  /** Whether GitLab will merge it by itself, also on a merge train. Any push to its branch ends that. */
  merge_when_pipeline_succeeds: z.boolean().nullish(),
  created_at: z.string(),
  web_url: z.string(),
});
export type MergeRequest = z.infer<typeof MergeRequest>;

/** What only the single merge request tells. */
export const MergeRequestDetail = MergeRequest.extend({
  sha: Sha.nullish(),
  detailed_merge_status: z.string().nullish(),
  head_pipeline: z.object({ sha: Sha, ref: z.string(), status: z.string() }).nullish(),
});
export type MergeRequestDetail = z.infer<typeof MergeRequestDetail>;

export const Milestone = z.object({ id: Id, title: z.string(), project_id: Id.nullish() });
export type Milestone = z.infer<typeof Milestone>;

export const Note = z.object({ body: z.string() });
export const User = z.object({ id: Id, username: z.string() });
export const Issue = z.object({
  iid: Id,
  title: z.string(),
  description: z
    .string()
    .nullish()
    .transform((text) => text ?? ""),
  state: z.string(),
  author: z.object({ id: Id, username: z.string() }),
  web_url: z.string(),
});
export type Issue = z.infer<typeof Issue>;
