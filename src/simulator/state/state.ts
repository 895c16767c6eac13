/**
 * All projects, pipelines, jobs and tokens of the simulated instance, with the ways to add to them.
 * Ids count up deterministically, so that the order of ids is the order of creation, as in GitLab.
 */
import { createHash } from "node:crypto";
import { packedZip, packFiles } from "../archive/archive.js";
import type { Knobs } from "../knobs.js";
import { ArtifactsInput, JobInput, PipelineInput, ProjectInput, TokenInput } from "./input.js";
import type { Artifacts, Job, Pipeline, Project, Token } from "./model.js";

export interface Clock {
  (): Date;
}

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
    for (const path of [project.path, ...formerPaths]) this.paths.set(path, project);
    for (const pipeline of pipelines) this.addPipeline(project.path, pipeline);
    return project;
  }

  addPipeline(projectPath: string, input: PipelineInput): Pipeline {
    const project = this.#projectAt(projectPath);
    const { id: wantedId, parent: parentId, jobs, ...given } = PipelineInput.parse(input);
    const id = this.#pipelineIds.take(wantedId);
    const parent = parentId === undefined ? undefined : this.pipelineById(parentId);
    const createdAt = given.createdAt === undefined ? this.#now() : new Date(given.createdAt);
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
      committedAt: given.committedAt === undefined ? createdAt : new Date(given.committedAt),
      createdAt,
      updatedAt: given.updatedAt === undefined ? createdAt : new Date(given.updatedAt),
      jobs: [],
      bridges: [],
    };
    this.pipelines.set(id, pipeline);
    project.pipelines.push(pipeline);
    project.pipelines.sort((a, b) => a.id - b.id);
    if (parent !== undefined) this.#addBridge(parent, pipeline);
    for (const job of jobs) this.#addJobTo(pipeline, job);
    return pipeline;
  }

  addJob(projectPath: string, pipelineId: number, input: JobInput): Job {
    const project = this.#projectAt(projectPath);
    const pipeline = this.pipelineById(pipelineId);
    if (pipeline.project !== project) throw new RangeError(`${projectPath} has no pipeline ${pipelineId}`);
    return this.#addJobTo(pipeline, input);
  }

  /** Runs a job again: the old attempt is hidden, the new one gets a new id and, if it is to upload the same, new bytes. */
  retryJob(id: number, replacement: Partial<JobInput> = {}): Job {
    const old = this.jobById(id);
    old.retried = true;
    const { id: _id, createdAt: _createdAt, ...same } = old.input;
    return this.#addJobTo(old.pipeline, { ...same, retried: false, erased: false, ...replacement });
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

  #projectAt(path: string): Project {
    const project = this.paths.get(path);
    if (project === undefined) throw new RangeError(`There is no project ${path}`);
    return project;
  }

  #addBridge(parent: Pipeline, downstream: Pipeline): void {
    const name = `trigger ${downstream.project === parent.project ? downstream.iid : downstream.project.path}`;
    parent.bridges.push({ id: this.#jobIds.take(), pipeline: parent, name, downstream });
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
      artifacts: input.erased ? undefined : this.#artifactsOf(input, { id, createdAt }),
    };
    this.jobs.set(id, job);
    pipeline.jobs.push(job);
    return job;
  }

  #artifactsOf(input: JobInput, job: { id: number; createdAt: Date }): Artifacts | undefined {
    if (input.artifacts === undefined) return undefined;
    const given = ArtifactsInput.parse(input.artifacts);
    if (given instanceof Uint8Array)
      return { filename: "artifacts.zip", archive: packedZip(given), access: "all", expireAt: null };
    const { compression, entryOrder, entryTimes } = this.#knobs;
    const archive = packFiles(given.files, {
      compression,
      order: entryOrder,
      seed: job.id,
      modified: entryTimes === "job" ? job.createdAt : new Date("2020-01-01T00:00:00Z"),
    });
    return {
      filename: `${given.name}.zip`,
      archive: given.reportsOnly ? undefined : archive,
      access: given.access,
      expireAt: given.expireAt === null ? null : new Date(given.expireAt),
    };
  }
}

class Counter {
  #next: number;

  constructor(first: number) {
    this.#next = first;
  }

  /** `wanted`, or the next free number. */
  take(wanted = this.#next): number {
    this.#next = Math.max(this.#next, wanted + 1);
    return wanted;
  }
}

function sourceOf(project: Project, parent: Pipeline | undefined) {
  if (parent === undefined) return "push";
  return parent.project === project ? "parent_pipeline" : "pipeline";
}
