/**
 * All projects, pipelines, jobs and tokens of the simulated instance, with the ways to add to them.
 * Ids count up deterministically, so that the order of ids is the order of creation, as in GitLab.
 */
import { createHash } from "node:crypto";
import type { Knobs } from "../knobs.js";
import { JobInput, PipelineInput, ProjectInput, TokenInput } from "./input.js";
import { uploadedArtifacts } from "./upload.js";
import type { Bridge, Job, Pipeline, Project, Token } from "./model.js";

export type Clock = () => Date;

/** The least time between the creation of a job and that of its next attempt. */
const RETRY_AFTER_MS = 60_000;

export class State {
  readonly tokens = new Map<string, Token>();
  /** By id. */
  readonly projects = new Map<number, Project>();
  /** By id, over all projects. */
  readonly pipelines = new Map<number, Pipeline>();
  /** By id, over all projects. */
  readonly jobs = new Map<number, Job>();
  /** Current and former full paths. */
  readonly paths = new Map<string, Project>();
  readonly #knobs: Knobs;
  readonly #now: Clock;
  readonly #projectIds = new Counter(1);
  readonly #pipelineIds = new Counter(1001);
  readonly #jobIds = new Counter(100_001);

  constructor(knobs: Knobs, now: Clock) {
    this.#knobs = knobs;
    this.#now = now;
  }

  addToken(input: TokenInput): Token {
    const token = TokenInput.parse(input);
    const name = token.name ?? `${token.kind}-${this.tokens.size + 1}`;
    this.tokens.set(token.token, { ...token, name });
    return { ...token, name };
  }

  addProject(input: ProjectInput): Project {
    const { id, formerPaths, pipelines, tags, ...settings } = ProjectInput.parse(input);
    const project: Project = {
      ...settings,
      id: this.#projectIds.take(id),
      tags: tags.map((tag) => ({ ...tag, committedAt: new Date(tag.committedAt) })),
      createdAt: this.#now(),
      pipelines: [],
    };
    this.projects.set(project.id, project);
    this.#claimPaths(project, formerPaths);
    for (const pipeline of pipelines) this.addPipeline(project.path, pipeline);
    return project;
  }

  addPipeline(projectPath: string, input: PipelineInput): Pipeline {
    const project = this.projectAt(projectPath);
    const { id: wantedId, parent: parentId, jobs, bridges, ...given } = PipelineInput.parse(input);
    const id = this.#pipelineIds.take(wantedId);
    const parent = parentId === undefined ? undefined : this.pipelineById(parentId);
    const createdAt = given.createdAt === undefined ? this.#now() : new Date(given.createdAt);
    const committedAt = given.committedAt === undefined ? createdAt : new Date(given.committedAt);
    const pipeline: Pipeline = {
      id,
      iid: project.pipelines.length + 1,
      project,
      ref: given.ref,
      tag: given.tag,
      sha: given.sha ?? createHash("sha1").update(`${project.path} ${id}`).digest("hex"),
      status: given.status,
      source: given.source ?? sourceOf(project, parent),
      name: given.name ?? null,
      parent,
      committedAt,
      authoredAt: given.authoredAt === undefined ? committedAt : new Date(given.authoredAt),
      commitTitle: given.commitTitle,
      createdAt,
      updatedAt: given.updatedAt === undefined ? createdAt : new Date(given.updatedAt),
      jobs: [],
      bridges: [],
    };
    this.pipelines.set(id, pipeline);
    project.pipelines.push(pipeline);
    project.pipelines.sort((a, b) => a.id - b.id);
    if (parent !== undefined) this.#addBridge(parent, bridgeTo(pipeline));
    for (const bridge of bridges) this.#addBridge(pipeline, { ...bridge, downstream: undefined });
    for (const job of jobs) this.#addJobTo(pipeline, job);
    return pipeline;
  }

  addJob(projectPath: string, pipelineId: number, input: JobInput): Job {
    const project = this.projectAt(projectPath);
    const pipeline = this.pipelineById(pipelineId);
    if (pipeline.project !== project) throw new RangeError(`${projectPath} has no pipeline ${pipelineId}`);
    return this.#addJobTo(pipeline, input);
  }

  /** Runs a job again: the old attempt is hidden, the new one gets a new id and, if it is to upload the same, new bytes. */
  retryJob(id: number, replacement: Partial<JobInput> = {}): Job {
    const old = this.jobById(id);
    old.retried = true;
    const { id: _id, ...same } = old.input;
    const createdAt = Math.max(this.#now().getTime(), old.createdAt.getTime() + RETRY_AFTER_MS);
    return this.#addJobTo(old.pipeline, {
      ...same,
      createdAt: new Date(createdAt).toISOString(),
      retried: false,
      erased: false,
      ...replacement,
    });
  }

  pipelineById(id: number): Pipeline {
    const pipeline = this.pipelines.get(id);
    if (pipeline === undefined) throw new RangeError(`There is no pipeline ${id}`);
    return pipeline;
  }

  jobById(id: number): Job {
    const job = this.jobs.get(id);
    if (job === undefined) throw new RangeError(`There is no job ${id}`);
    return job;
  }

  projectAt(path: string): Project {
    const project = this.paths.get(path);
    if (project === undefined) throw new RangeError(`There is no project ${path}`);
    return project;
  }

  /** Renames a project, or moves it to another group. Its old path leads to it until another project has that. */
  moveProject(from: string, to: string): void {
    const project = this.projectAt(from);
    project.path = to;
    this.#claimPaths(project, [from]);
  }

  /** A path that a project has now goes before one that another had once. */
  #claimPaths(project: Project, formerPaths: readonly string[]): void {
    if (this.paths.get(project.path)?.path === project.path)
      throw new RangeError(`There are two projects ${project.path}`);
    this.paths.set(project.path, project);
    for (const path of formerPaths) if (!this.paths.has(path)) this.paths.set(path, project);
  }

  #addBridge(pipeline: Pipeline, bridge: Omit<Bridge, "id" | "pipeline">): void {
    pipeline.bridges.push({ ...bridge, id: this.#jobIds.take(), pipeline });
  }

  #addJobTo(pipeline: Pipeline, given: JobInput): Job {
    const input = JobInput.parse(given);
    const id = this.#jobIds.take(input.id);
    const createdAt = input.createdAt === undefined ? pipeline.createdAt : new Date(input.createdAt);
    const job: Job = {
      id,
      pipeline,
      name: input.name,
      stage: input.stage,
      status: input.status,
      allowFailure: input.allowFailure,
      createdAt,
      input,
      retried: input.retried,
      erasedAt: input.erased ? this.#now() : undefined,
      artifacts: input.erased ? undefined : uploadedArtifacts(input, { id, createdAt, knobs: this.#knobs }),
    };
    this.jobs.set(id, job);
    pipeline.jobs.push(job);
    return job;
  }
}

class Counter {
  #next: number;
  readonly #taken = new Set<number>();

  constructor(first: number) {
    this.#next = first;
  }

  /** `wanted`, or the next free number. Throws a RangeError when `wanted` is taken. */
  take(wanted = this.#next): number {
    if (this.#taken.has(wanted)) throw new RangeError(`The id ${wanted} is given twice`);
    this.#taken.add(wanted);
    this.#next = Math.max(this.#next, wanted + 1);
    return wanted;
  }
}

function sourceOf(project: Project, parent: Pipeline | undefined) {
  if (parent === undefined) return "push";
  return parent.project === project ? "parent_pipeline" : "pipeline";
}

/** The trigger job that started a pipeline. */
function bridgeTo(downstream: Pipeline): Omit<Bridge, "id" | "pipeline"> {
  return { name: `trigger ${downstream.project.path} ${downstream.iid}`, status: "success", downstream };
}
