/**
 * Branches, commits, merge requests, notes and issues as the API shows them. Field names and shapes: GitLab REST API documentation.
 */
import type { Forge, Issue, MergeRequest, Note } from "../state/forge.js";
import type { Pipeline } from "../state/model.js";
import type { Commit } from "../state/repository.js";
import type { Instance } from "./exchange.js";
import { showPipeline, showUser } from "./show.js";
import { userId } from "./users.js";

export function showBranch(instance: Instance, forge: Forge, name: string) {
  const commit = forge.repository.at(name);
  return {
    name,
    commit: commit && showCommit(instance, forge, commit),
    merged: false,
    protected: forge.project.protectedRefs.includes(name),
    developers_can_push: false,
    developers_can_merge: false,
    can_push: true,
    default: name === forge.project.defaultBranch,
    web_url: `${instance.url}/${forge.project.path}/-/tree/${name}`,
  };
}

export function showCommit({ url }: Instance, { project }: Forge, commit: Commit) {
  const { id, message, author, authoredAt, committedAt, parents } = commit;
  return {
    id,
    short_id: id.slice(0, 8),
    created_at: committedAt.toISOString(),
    parent_ids: parents,
    title: message.split("\n")[0],
    message,
    author_name: author.name,
    author_email: author.email,
    authored_date: authoredAt.toISOString(),
    committer_name: author.name,
    committer_email: author.email,
    committed_date: committedAt.toISOString(),
    trailers: {},
    extended_trailers: {},
    web_url: `${url}/${project.path}/-/commit/${id}`,
  };
}

/** As in lists: without what takes work. */
export function showMergeRequest(instance: Instance, forge: Forge, request: MergeRequest) {
  const { project, repository } = forge;
  const opened = request.state === "opened";
  const checking = opened && request.checksLeft > 0;
  const conflicts = opened && repository.merged(request.sourceBranch, request.targetBranch) === undefined;
  const draft = /^draft:/i.test(request.title);
  const users = (names: readonly string[]) => names.map((name) => showUser(instance, name));
  return {
    id: request.id,
    iid: request.iid,
    project_id: project.id,
    title: request.title,
    description: request.description,
    state: request.state,
    draft,
    work_in_progress: draft,
    source_branch: request.sourceBranch,
    target_branch: request.targetBranch,
    source_project_id: project.id,
    target_project_id: project.id,
    author: showUser(instance, request.author),
    assignees: users(request.assignees),
    assignee: users(request.assignees)[0] ?? null,
    reviewers: users(request.reviewers),
    labels: request.labels,
    milestone:
      request.milestone === undefined ? null : { id: request.milestone.id, title: request.milestone.title },
    merge_status: checking ? "checking" : conflicts ? "cannot_be_merged" : "can_be_merged",
    detailed_merge_status: detailedStatus(request, { checking, conflicts, draft }),
    sha: request.sha,
    merge_commit_sha: request.mergeCommit ?? null,
    squash: request.squash,
    merge_when_pipeline_succeeds: request.onTrain,
    force_remove_source_branch: request.removeSourceBranch,
    // False until it is known.
    has_conflicts: !checking && conflicts,
    blocking_discussions_resolved: true,
    created_at: request.createdAt.toISOString(),
    updated_at: request.updatedAt.toISOString(),
    merged_at: request.mergedAt?.toISOString() ?? null,
    references: {
      short: `!${request.iid}`,
      relative: `!${request.iid}`,
      full: `${project.path}!${request.iid}`,
    },
    web_url: `${instance.url}/${project.path}/-/merge_requests/${request.iid}`,
    user_notes_count: request.notes.length,
  };
}

export function showFullMergeRequest(instance: Instance, forge: Forge, request: MergeRequest) {
  const head = headPipeline(forge, request);
  return {
    ...showMergeRequest(instance, forge, request),
    changes_count: "1",
    head_pipeline: head === undefined ? null : showPipeline(instance, head),
    merge_error: null,
    user: { can_merge: true },
  };
}

/** The newest pipeline of the source branch or of what GitLab made of it, which may be one of an older commit. */
export function headPipeline({ project }: Forge, { sourceBranch, iid }: MergeRequest): Pipeline | undefined {
  const refs = new Set(["head", "merge", "train"].map((name) => `refs/merge-requests/${iid}/${name}`));
  return project.pipelines.findLast(({ ref }) => ref === sourceBranch || refs.has(ref));
}

export function detailedStatus(
  { state }: MergeRequest,
  { checking, conflicts, draft }: { checking: boolean; conflicts: boolean; draft: boolean },
): string {
  if (state !== "opened") return "not_open";
  if (checking) return "checking";
  if (conflicts) return "conflict";
  return draft ? "draft_status" : "mergeable";
}

export function showNote(instance: Instance, request: MergeRequest, note: Note) {
  return {
    id: note.id,
    body: note.body,
    author: showUser(instance, note.author),
    created_at: note.createdAt.toISOString(),
    updated_at: note.createdAt.toISOString(),
    system: false,
    noteable_id: request.id,
    noteable_type: "MergeRequest",
    noteable_iid: request.iid,
    resolvable: false,
  };
}

export function showIssue(instance: Instance, { project }: Forge, issue: Issue) {
  return {
    id: 9000 + issue.iid,
    iid: issue.iid,
    project_id: project.id,
    title: issue.title,
    description: issue.description,
    state: issue.state,
    labels: issue.labels,
    issue_type: "issue",
    created_at: issue.createdAt.toISOString(),
    author: { ...showUser(instance, issue.author), id: userId(instance, issue.author) },
    web_url: `${instance.url}/${project.path}/-/issues/${issue.iid}`,
  };
}
