import { projectFor } from "../api/authorize.js";
import { type Exchange, visibleStatus } from "../api/exchange.js";
import { artifactRows } from "../api/show.js";
import type { Bridge, Job, Pipeline, Project } from "../state/model.js";
import { CI_SOURCES } from "../state/sources.js";

/** More paths than this are refused; GitLab `app/graphql/resolvers/projects_resolver.rb`. */
const MAX_PATHS = 50;
const MAX_PAGE = 100;

interface WantedProjects {
  readonly fullPaths?: readonly string[];
  readonly ids?: readonly string[];
  readonly first?: number;
}

/** The fields of `Query`. */
export const ROOT = {
  projects({ fullPaths = [], ids = [], first }: WantedProjects, exchange: Exchange) {
    if (fullPaths.length > MAX_PATHS)
      throw new Error(`You cannot filter by more than ${MAX_PATHS} full paths.`);
    // What the caller may not see, and what is at its former path, is silently left out.
    const wanted = [
      ...fullPaths.filter((path) => path.includes("/")),
      ...ids.flatMap((id) => /^gid:\/\/gitlab\/Project\/(\d+)$/.exec(id)?.[1] ?? []),
    ];
    const found = wanted.flatMap((path) => projectFor(exchange, path) ?? []);
    return { nodes: page(found, first).map((project) => projectFields(project, exchange)) };
  },
};

function projectFields(project: Project, exchange: Exchange) {
  return {
    id: `gid://gitlab/Project/${project.id}`,
    fullPath: project.path,
    pipelines({ ref, status, first }: { ref?: string; status?: string | null; first?: number }) {
      const wanted = project.pipelines
        .filter(({ source }) => CI_SOURCES.has(source))
        .filter((one) => ref === undefined || one.ref === ref)
        .filter((one) => status == null || statusOf(one, exchange) === status)
        .reverse();
      return { nodes: page(wanted, first).map((pipeline) => pipelineFields(pipeline, exchange)) };
    },
  };
}

function pipelineFields(pipeline: Pipeline, exchange: Exchange) {
  const { id, iid, sha, ref, source, createdAt } = pipeline;
  return {
    id: `gid://gitlab/Ci::Pipeline/${id}`,
    iid: String(iid),
    sha,
    ref,
    source,
    status: statusOf(pipeline, exchange),
    createdAt: time(createdAt),
    commit: {
      sha,
      title: pipeline.commitTitle,
      authoredDate: time(pipeline.authoredAt),
      committedDate: time(pipeline.committedAt),
    },
    /**
     * Unlike in REST, attempts that were replaced are among them unless they are asked not to be, and so are the jobs that start
     * pipelines.
     */
    jobs({ retried, first }: { retried?: boolean; first?: number }) {
      const builds = pipeline.jobs.filter((job) => retried === undefined || job.retried === retried);
      const all = [
        ...builds.map((job) => ({ id: job.id, fields: () => jobFields(job) })),
        ...(retried === true ? [] : pipeline.bridges).map((bridge) => ({
          id: bridge.id,
          fields: () => bridgeFields(bridge),
        })),
      ].sort((a, b) => b.id - a.id);
      const nodes = page(all, first).map(({ fields }) => fields());
      return { nodes, pageInfo: { hasNextPage: nodes.length < all.length } };
    },
  };
}

function jobFields(job: Job) {
  const rows = job.erasedAt === undefined ? artifactRows(job.artifacts) : [];
  const expireAt = job.artifacts?.expireAt ? time(job.artifacts.expireAt) : null;
  return {
    id: `gid://gitlab/Ci::Build/${job.id}`,
    name: job.name,
    status: job.status.toUpperCase(),
    createdByTag: job.pipeline.tag,
    createdAt: time(job.createdAt),
    finishedAt: job.status === "running" ? null : time(job.createdAt),
    artifacts: {
      nodes: rows.map(({ file_type: type, filename: name, size }, index) => ({
        id: `gid://gitlab/Ci::JobArtifact/${job.id * 10 + index}`,
        name,
        fileType: type.toUpperCase(),
        size: String(size),
        expireAt: type === "trace" ? null : expireAt,
      })),
    },
  };
}

function bridgeFields({ id, name, status, pipeline }: Bridge) {
  return {
    id: `gid://gitlab/Ci::Bridge/${id}`,
    name,
    status: status.toUpperCase(),
    createdByTag: pipeline.tag,
    createdAt: time(pipeline.createdAt),
    finishedAt: time(pipeline.createdAt),
    artifacts: { nodes: [] },
  };
}

/** Without the milliseconds that REST tells; GitLab `app/graphql/types/time_type.rb`. */
function time(at: Date): string {
  return at.toISOString().replace(/\.\d+Z$/, "Z");
}

function statusOf(pipeline: Pipeline, { instance }: Exchange): string {
  return visibleStatus(instance, pipeline).toUpperCase();
}

function page<T>(items: readonly T[], first = MAX_PAGE): readonly T[] {
  return items.slice(0, Math.min(first, MAX_PAGE));
}
