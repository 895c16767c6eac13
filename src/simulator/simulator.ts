/**
 * An embedded GitLab: projects, pipelines, jobs and their artifacts in memory, served over GitLab's own HTTP API, with an
 * object storage on a second origin. `artifacts demo` shows itself against it, and the tests run against it.
 *
 * What it answers was read from GitLab's documentation and source; where versions and settings differ, a knob chooses.
 */
import { randomBytes } from "node:crypto";
import { answerApi } from "./api/api.js";
import type { Instance } from "./api/exchange.js";
import { Faults, type Fault } from "./http/faults.js";
import type { Leak, RecordedRequest } from "./http/recording.js";
import { serve, type ServerOptions } from "./http/server.js";
import { Storage } from "./http/storage.js";
import { Knobs, type KnobsInput } from "./knobs.js";
import { IdTokens } from "./oauth/id-tokens.js";
import { OAuth } from "./oauth/oauth.js";
import { cleanUp, erase, expire } from "./state/expiry.js";
import {
  StateInput,
  type JobInput,
  type PipelineInput,
  type ProjectInput,
  type TokenInput,
} from "./state/input.js";
import { forgeOf, type Forge } from "./state/forge.js";
import type { Job, Pipeline, Project } from "./state/model.js";
import { State, type Clock } from "./state/state.js";

export interface GitLabOptions {
  /** Port of the API; by default any free one. */
  readonly port?: number;
  /** Port of the storage; by default any free one. */
  readonly storagePort?: number;
  /** What there is at the start. */
  readonly state?: StateInput;
  readonly knobs?: KnobsInput;
  /** The clock of the instance. */
  readonly now?: () => Date;
  /** Milliseconds to wait before each answer. */
  readonly latencyMs?: number;
  /** PEM texts; with them both servers speak https. */
  readonly tls?: { readonly key: string; readonly cert: string };
}

export interface EmbeddedGitLab {
  /** Base URL of the instance, without a trailing slash. */
  readonly url: string;
  /** Base URL of the object storage. */
  readonly storageUrl: string;
  /** Requests to the instance, in order of arrival. */
  readonly requests: readonly RecordedRequest[];
  /** Requests to the storage. */
  readonly storageRequests: readonly RecordedRequest[];
  /** Credentials that the storage was sent. */
  readonly leaks: readonly Leak[];
  readonly state: State;
  /** The instance as an OAuth provider: its applications, and what people decide in the browser. */
  readonly oauth: OAuth;
  /** Can be turned at any time; what concerns archives holds for those uploaded later. */
  readonly knobs: Knobs;
  addToken(token: TokenInput): void;
  addProject(project: ProjectInput): Project;
  /** Renames a project, or moves it to another group. */
  moveProject(from: string, to: string): void;
  addPipeline(projectPath: string, pipeline: PipelineInput): Pipeline;
  addJob(projectPath: string, pipeline: number, job: JobInput): Job;
  /** Runs a job again: a new id, the old attempt is hidden. What `replacement` leaves out stays the same. */
  retryJob(job: number, replacement?: Partial<JobInput>): Job;
  /** Makes a token for a job that runs, and returns it. */
  issueJobToken(job: number): string;
  /** Makes an ID token of a job; `claims` replaces or adds some of it, `aud` first of all. */
  issueIdToken(job: number, claims: Readonly<Record<string, unknown>>): string;
  /** Signs ID tokens with another key from now on. */
  rotateIdTokenKey(): void;
  /** Lets the artifacts of a job expire now; their bytes stay until `cleanup`. */
  expire(job: number): void;
  /** Deletes what has expired and is not locked. Returns the number of jobs that lost artifacts. */
  cleanup(): number;
  /** Deletes artifacts and log of a job. */
  erase(job: number): void;
  /** Repository, merge requests and issues of a project. */
  forge(projectPath: string): Forge;
  fault(fault: Fault): void;
  clearFaults(): void;
  /** Stops both servers and cuts all connections. */
  close(): Promise<void>;
}

/**
 * Starts the instance and its storage on 127.0.0.1.
 *
 * Throws a ZodError when the state or a knob is malformed, and the system's error when a port is taken.
 */
export async function startGitLab(options: GitLabOptions = {}): Promise<EmbeddedGitLab> {
  const input = StateInput.parse(options.state ?? {});
  const knobs = Knobs.parse({ ...input.knobs, ...options.knobs });
  const now = options.now ?? clockOf(input);
  const state = fill(new State(knobs, now), input);
  const faults = new Faults();
  const storage = new Storage({ state, knobs, now, faults });
  await storage.start(serverOptions(options, options.storagePort));
  const requests: RecordedRequest[] = [];
  const oauth = new OAuth({ state, knobs, now });
  const idTokens = new IdTokens(now);
  const instance: Instance & { url: string } = { state, knobs, now, storage, oauth, idTokens, url: "" };
  const server = await serve(
    answerApi({ instance, faults, record: requests }),
    serverOptions(options, options.port),
  );
  instance.url = server.url;
  return {
    url: server.url,
    storageUrl: storage.url,
    requests,
    storageRequests: storage.requests,
    leaks: storage.leaks,
    oauth,
    knobs,
    issueIdToken: (job, claims) => idTokens.issue(server.url, state.jobById(job), claims),
    rotateIdTokenKey: () => idTokens.rotate(),
    ...controls({ state, knobs, now, faults }),
    async close() {
      await Promise.all([server.close(), storage.close()]);
    },
  };
}

interface Controlled {
  readonly state: State;
  readonly knobs: Knobs;
  readonly now: Clock;
  readonly faults: Faults;
}

function controls({ state, knobs, now, faults }: Controlled) {
  return {
    state,
    addToken: (token: TokenInput) => void state.addToken(token),
    addProject: (project: ProjectInput) => state.addProject(project),
    moveProject: (from: string, to: string) => state.moveProject(from, to),
    addPipeline: (path: string, pipeline: PipelineInput) => state.addPipeline(path, pipeline),
    addJob: (path: string, pipeline: number, job: JobInput) => state.addJob(path, pipeline, job),
    retryJob: (job: number, replacement?: Partial<JobInput>) => state.retryJob(job, replacement),
    issueJobToken(job: number) {
      const token = newJobToken(knobs.jobTokenFormat);
      state.addToken({ token, kind: "job", job });
      return token;
    },
    expire: (job: number) => expire(state.jobById(job), now),
    cleanup: () => cleanUp(state, now),
    erase: (job: number) => erase(state.jobById(job), now),
    forge: (path: string) => forgeOf(state.projectAt(path), now),
    fault: (fault: Fault) => faults.add(fault),
    clearFaults: () => faults.clear(),
  };
}

function clockOf({ now }: { now?: string | undefined }): Clock {
  return now === undefined ? () => new Date() : () => new Date(now);
}

function fill(state: State, input: StateInput): State {
  for (const token of input.tokens ?? []) state.addToken(token);
  for (const project of input.projects ?? []) state.addProject(project);
  return state;
}

function serverOptions({ tls, latencyMs = 0 }: GitLabOptions, port = 0): ServerOptions {
  return { port, tls, latencyMs };
}

/** `glcbt-` and random text, or since GitLab 19.0 a JWT. Its signature is random: nobody here checks it. */
function newJobToken(format: Knobs["jobTokenFormat"]): string {
  if (format === "legacy") return `glcbt-64_${randomBytes(15).toString("base64url")}`;
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const signature = randomBytes(64).toString("base64url");
  return `${part({ alg: "RS256", typ: "JWT" })}.${part({ sub: "job", jti: randomBytes(8).toString("hex") })}.${signature}`;
}
