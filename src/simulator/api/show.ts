/**
 * Projects, pipelines, jobs and tags as the API shows them. Field names and shapes: GitLab REST API documentation.
 */
import type { Artifacts, Bridge, Job, Pipeline, Project, Tag } from "../state/model.js";
import { isPastExpiry } from "../state/expiry.js";
import { visibleStatus, type Instance } from "./exchange.js";

/** What a stranger is shown of a public project. */
export function showProjectBasics({ url }: Instance, project: Project) {
  const name = project.path.split("/").at(-1) ?? project.path;
  const namespace = project.path.slice(0, -name.length - 1);
  return {
    id: project.id,
    description: null,
    name,
    name_with_namespace: project.path.split("/").join(" / "),
    path: name,
    path_with_namespace: project.path,
    created_at: project.createdAt.toISOString(),
    default_branch: project.defaultBranch,
    web_url: `${url}/${project.path}`,
    http_url_to_repo: `${url}/${project.path}.git`,
    namespace: { id: 1, name: namespace, path: namespace, kind: "group", full_path: namespace },
  };
}

export function showProject(instance: Instance, project: Project) {
  const { knobs } = instance;
  return {
    ...showProjectBasics(instance, project),
    visibility: project.visibility,
    archived: project.archived,
    empty_repo: project.emptyRepository,
    merge_requests_access_level: project.mergeRequests ? "enabled" : "disabled",
    public_jobs: project.publicJobs,
    keep_latest_artifact: project.keepLatest,
    ...(knobs.plan === "premium"
      ? { merge_pipelines_enabled: project.mergeTrains, merge_trains_enabled: project.mergeTrains }
      : {}),
  };
}

export function showTag({ url }: Instance, project: Project, tag: Tag) {
  return {
    name: tag.name,
    message: "",
    target: tag.commit,
    commit: {
      ...showCommit(tag.commit, tag.committedAt),
      web_url: `${url}/${project.path}/-/commit/${tag.commit}`,
    },
    release: null,
    protected: project.protectedRefs.includes(tag.name),
    created_at: null,
  };
}

/** The short form, as in lists and inside of jobs. */
export function showPipeline(instance: Instance, pipeline: Pipeline) {
  return {
    id: pipeline.id,
    iid: pipeline.iid,
    project_id: pipeline.project.id,
    sha: pipeline.sha,
    ref: pipeline.ref,
    status: visibleStatus(instance, pipeline),
    source: pipeline.source,
    created_at: pipeline.createdAt.toISOString(),
    updated_at: pipeline.updatedAt.toISOString(),
    web_url: `${instance.url}/${pipeline.project.path}/-/pipelines/${pipeline.id}`,
    name: pipeline.name,
  };
}

export function showFullPipeline(instance: Instance, pipeline: Pipeline) {
  const basic = showPipeline(instance, pipeline);
  return {
    ...basic,
    before_sha: "0".repeat(40),
    tag: pipeline.tag,
    yaml_errors: null,
    user: showUser(instance, "dev"),
    started_at: basic.created_at,
    finished_at: basic.status === "running" ? null : basic.updated_at,
    committed_at: pipeline.committedAt.toISOString(),
    duration: 61,
    queued_duration: 1,
    coverage: null,
    detailed_status: {
      icon: `status_${basic.status}`,
      text: basic.status,
      label: basic.status,
      group: basic.status,
    },
    archived: false,
  };
}

export function showBridge(instance: Instance, bridge: Bridge) {
  const { downstream } = bridge;
  return {
    ...showJobBasics(instance, { ...bridge, stage: "deploy" }),
    allow_failure: false,
    created_at: bridge.pipeline.createdAt.toISOString(),
    downstream_pipeline: downstream === undefined ? null : showPipeline(instance, downstream),
  };
}

export function showJob(instance: Instance, job: Job) {
  const { artifacts } = job;
  // Past its date it is not shown, even while it is locked and still served.
  const archive = artifacts && !isPastExpiry(artifacts, instance.now) ? artifacts.archive : undefined;
  return {
    ...showJobBasics(instance, job),
    allow_failure: job.allowFailure,
    created_at: job.createdAt.toISOString(),
    started_at: job.createdAt.toISOString(),
    finished_at: job.status === "running" ? null : job.createdAt.toISOString(),
    erased_at: job.erasedAt?.toISOString() ?? null,
    duration: 61.2,
    queued_duration: 0.41,
    ...(job.status === "failed" ? { failure_reason: "script_failure" } : {}),
    ...(archive && artifacts
      ? { artifacts_file: { filename: artifacts.filename, size: archive.zip.size } }
      : {}),
    artifacts: job.erasedAt === undefined ? artifactRows(artifacts) : [],
    runner: { id: 3, description: "runner", active: true, is_shared: true },
    runner_manager: null,
    artifacts_expire_at: (artifacts?.expireAt ?? job.expiredAt)?.toISOString() ?? null,
    archived: false,
    tag_list: [],
  };
}

export function showUser({ url }: Instance, username: string) {
  return {
    id: 7,
    username,
    name: username,
    state: "active",
    avatar_url: null,
    web_url: `${url}/${username}`,
  };
}

function showJobBasics(instance: Instance, job: Pick<Job, "id" | "pipeline" | "name" | "stage" | "status">) {
  const { pipeline } = job;
  return {
    id: job.id,
    status: job.status,
    stage: job.stage,
    name: job.name,
    ref: pipeline.ref,
    tag: pipeline.tag,
    coverage: null,
    user: showUser(instance, "dev"),
    commit: {
      ...showCommit(pipeline.sha, pipeline.committedAt),
      title: pipeline.commitTitle,
      message: `${pipeline.commitTitle}\n`,
      authored_date: pipeline.authoredAt.toISOString(),
    },
    pipeline: showPipeline(instance, pipeline),
    web_url: `${instance.url}/${pipeline.project.path}/-/jobs/${job.id}`,
    project: { ci_job_token_scope_enabled: false },
  };
}

function showCommit(sha: string, committedAt: Date) {
  const time = committedAt.toISOString();
  return {
    id: sha,
    short_id: sha.slice(0, 8),
    title: "A commit",
    message: "A commit\n",
    parent_ids: [],
    author_name: "Dev",
    author_email: "dev@example.com",
    authored_date: time,
    committer_name: "Dev",
    committer_email: "dev@example.com",
    committed_date: time,
    created_at: time,
  };
}

/** Every stored file of the job, whether expired or not. */
export function artifactRows(artifacts: Artifacts | undefined) {
  const trace = { file_type: "trace", size: 9876, filename: "job.log", file_format: null };
  if (artifacts === undefined) return [trace];
  const { archive, filename } = artifacts;
  if (archive === undefined)
    return [{ file_type: "junit", size: 512, filename: "junit.xml.gz", file_format: "gzip" }, trace];
  return [
    { file_type: "archive", size: archive.zip.size, filename, file_format: "zip" },
    { file_type: "metadata", size: 412, filename: "metadata.gz", file_format: "gzip" },
    trace,
  ];
}
