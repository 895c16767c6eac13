/**
 * A company small enough for thousands of them: what is locked and what is newest is said, not downloaded. From there on the bot is
 * the real one, and so is GitLab's side: the simulator's API, asked by function call or over HTTP.
 */
import { Faults } from "../../src/simulator/http/faults.js";
import type { RecordedRequest } from "../../src/simulator/http/recording.js";
import { serve, type Answering } from "../../src/simulator/http/server.js";
import { Storage } from "../../src/simulator/http/storage.js";
import { Knobs } from "../../src/simulator/knobs.js";
import { IdTokens } from "../../src/simulator/oauth/id-tokens.js";
import { OAuth } from "../../src/simulator/oauth/oauth.js";
import { answerApi } from "../../src/simulator/api/api.js";
import { forgeOf, type Forge, type MergeRequest } from "../../src/simulator/state/forge.js";
import { blobIdOf, type Commit } from "../../src/simulator/state/repository.js";
import { State } from "../../src/simulator/state/state.js";
import { tend, type Tended } from "../../src/bump/tend.js";
import type { Renewed } from "../../src/bump/renew/renew.js";
import type { Snapshot } from "../../src/bump/renew/snapshot.js";
import { DEFAULT_BUMP, type Bump } from "../../src/config/bump.js";
import type { Config } from "../../src/config/config.js";
import { UserError } from "../../src/errors.js";
import { artifactUrl } from "../../src/gitlab/artifact-url.js";
import type { GitLab } from "../../src/gitlab/gitlab.js";
import { createGitLab } from "../../src/gitlab/client.js";
import { createGitLabWriter, type GitLabWriter } from "../../src/gitlab/writer.js";
import { parseLock } from "../../src/lock/read.js";
import type { Lock, LockedArtifact } from "../../src/lock/schema.js";
import { lockText } from "../../src/lock/write.js";
import { outputFiles } from "../../src/output.js";
import { placed, type Project } from "../../src/project.js";
import { makeArtifact, makeVariant } from "../make/lock.js";
import { NOW, PROJECT, TOKEN } from "./company.js";
import { askedByCall } from "./asked-by-call.js";

export interface Clients {
  readonly gitlab: GitLab;
  readonly writer: GitLabWriter;
}

export interface SmallCompany {
  readonly forge: Forge;
  readonly state: State;
  readonly faults: Faults;
  readonly answer: Answering;
  /** Where `now` can be moved. */
  readonly clock: { now: Date };
  /** Which job of a tool is the newest: 1 at first, and locked. */
  readonly newest: Map<string, number>;
  /** Tools that cannot be resolved at the moment. */
  readonly failing: Set<string>;
  /** Branches that the bot looks after: `targetBranches` of the configuration, main first. */
  readonly targets: readonly string[];
  /** Those of them that cannot be read at the moment. */
  readonly unread: Set<string>;
  /** Ask by function call, or over HTTP. */
  readonly clients: Clients;
  /** From now on the bot is another user, with another token. */
  rotateToken(): void;
  /** One run of the bot. */
  run(clients?: Clients): Promise<Tended>;
  /** What is locked at a ref. */
  locked(ref: string): Lock;
  /** The entry of a tool's job. */
  entryOf(tool: string, job: number): LockedArtifact;
  /** Every file that a lock means, lockfile included, by path. */
  filesFor(lock: Lock): Promise<Record<string, string>>;
  open(): readonly MergeRequest[];
  /** Requests other than GET since the last call. */
  writes(): readonly string[];
}

const ROOT = "/nowhere";
const DAY_MS = 86_400_000;

/**
 * @param tools names, each locked at its first job
 * @param line to be asked on over HTTP
 */
export async function foundSmallCompany(
  tools: readonly string[],
  bump: Partial<Bump> = {},
  line?: Line,
): Promise<SmallCompany> {
  const clock = { now: NOW };
  const now = () => clock.now;
  const knobs = Knobs.parse({ mergeabilityChecks: 0 });
  const state = new State(knobs, now);
  const faults = new Faults();
  const storage = new Storage({ state, knobs, now, faults });
  const instance = {
    state,
    knobs,
    now,
    storage,
    oauth: new OAuth({ state, knobs, now }),
    idTokens: new IdTokens(now),
    url: line?.url ?? INSTANCE,
  };
  const record: RecordedRequest[] = [];
  const answer = answerApi({ instance, faults, record });
  if (line !== undefined) line.answer = answer;
  state.addToken({ token: TOKEN, kind: "project", scopes: ["api"], user: "bot", role: "maintainer" });
  const forge = forgeOf(state.addProject({ path: PROJECT }), now);
  const project = projectWith({ ...DEFAULT_BUMP, semanticCommits: false, ...bump });
  const newest = new Map(tools.map((tool) => [tool, 1]));
  const failing = new Set<string>();
  const { targetBranches: targets = ["main"] } = project.config.bump;
  const unread = new Set<string>();
  const entryOf = (tool: string, job: number) => entryAt(instance.url, tool, job);
  let seen = 0;
  let clients = line?.clients ?? askedByCall(answer, TOKEN);
  const lockOf = (ref: string) => parsed(forge.repository.at(ref)?.tree.get(project.config.lock) ?? "");
  const filesFor = async (lock: Lock) => {
    const files = [
      { path: project.lockFile, text: lockText(lock, undefined) },
      ...(await outputFiles(project, lock)),
    ];
    return Object.fromEntries(files.map(({ path, text }) => [path.slice(ROOT.length + 1), text]));
  };
  const company: SmallCompany = {
    forge,
    state,
    faults,
    answer,
    clock,
    newest,
    failing,
    targets,
    unread,
    filesFor,
    get clients() {
      return clients;
    },
    rotateToken() {
      const user = `bot-${forge.nextId()}`;
      const token = `glpat-canary0canary0${user}`;
      state.addToken({ token, kind: "project", scopes: ["api"], user, role: "maintainer" });
      clients = askedByCall(answer, token);
    },
    locked: lockOf,
    entryOf,
    run(asking = clients) {
      const snapshotAt = (branch: string): Snapshot => {
        const commit = forge.repository.at(branch);
        if (commit === undefined) throw new Error(`there is no branch ${branch}`);
        return snapshotOf(commit, project, lockOf(branch));
      };
      const read = targets.filter((branch) => !unread.has(branch));
      const renewals = read.map((branch): Renewed => {
        const snapshot = snapshotAt(branch);
        const target = { branch, isDefault: branch === "main" };
        return { ...renewedOf(snapshot.lock, company), target, snapshot, artifacts: tools };
      });
      return tend({
        ...asking,
        sources: asking.gitlab,
        address: { instance: instance.url, project: PROJECT },
        projectId: forge.project.id,
        mergeTrains: forge.project.mergeTrains,
        base: { branch: "main", snapshot: snapshotAt("main") },
        renewals,
        unread,
        errors: [...unread].map((branch) => new UserError("TEST_UNREAD", `${branch} cannot be read`)),
        dryRun: false,
        signal: new AbortController().signal,
        now: clock.now,
      });
    },
    open: () => forge.mergeRequests.filter((request) => request.state === "opened"),
    writes() {
      const fresh = record.slice(seen).filter(({ method }) => method !== "GET");
      seen = record.length;
      return fresh.map(({ method, path }) => `${method} ${path.replace(/^.*%2Fpackages/, "")}`);
    },
  };
  const first = Object.fromEntries(tools.map((tool) => [tool, entryOf(tool, 1)]));
  const { id } = forge.repository.commit("main", { files: await filesFor({ version: 1, artifacts: first }) });
  for (const target of targets) forge.repository.branches.set(target, id);
  return company;
}

/** One address on which companies are asked over HTTP, one after the other, by the real clients. */
export interface Line {
  readonly url: string;
  readonly clients: Clients;
  /** Who answers. */
  answer: Answering;
  close(): Promise<void>;
}

/** The clients soon give up. */
export async function openLine(): Promise<Line> {
  const credential = { headers: { "private-token": TOKEN }, source: "GITLAB_TOKEN" };
  const options = {
    credentials: { for: () => Promise.resolve(credential) },
    retry: { retries: 2, firstPauseMs: 0 },
    timeouts: { headers: 150, stall: 150 },
  };
  const clients = { gitlab: createGitLab(options), writer: createGitLabWriter(options) };
  const nobody: Answering = () => Promise.reject(new Error("no company is on the line"));
  const server = await serve((request) => line.answer(request), { port: 0, tls: undefined, latencyMs: 0 });
  const line: Line = {
    url: server.url,
    clients,
    answer: nobody,
    async close() {
      await Promise.all([clients.gitlab.close(), clients.writer.close()]);
      await server.close();
    },
  };
  return line;
}

const INSTANCE = "http://gitlab.test";

function projectWith(bump: Bump): Project {
  const config: Config = {
    root: ROOT,
    file: undefined,
    sources: new Map(),
    gitlab: INSTANCE,
    manifests: "manifests",
    lock: "artifacts.lock.json",
    output: "nix/artifacts",
    namespace: "artifacts",
    fetch: "proxy",
    proxy: "http://127.0.0.1:7467",
    proxyPolicy: undefined,
    expiryWarningDays: null,
    maxUnpackedBytes: undefined,
    runnerStatements: false,
    bump,
  };
  return placed(config);
}

function snapshotOf({ id, tree }: Commit, project: Project, lock: Lock): Snapshot {
  return {
    project,
    declared: [],
    lock,
    commit: id,
    blobs: blobsOf(tree),
    read: (path) => Promise.resolve(tree.get(path)),
    stop: () => Promise.resolve(),
  };
}

/** A failing artifact keeps its entry, as in `relock`. */
function renewedOf(before: Lock, { newest, failing, entryOf }: SmallCompany) {
  const artifacts = { ...before.artifacts };
  for (const [tool, job] of newest) if (!failing.has(tool)) artifacts[tool] = entryOf(tool, job);
  const failed = new Map(
    [...failing].map((tool) => [tool, [new UserError("TEST_FAILING", `${tool} fails`)]]),
  );
  const lock = { version: 1, artifacts } as const;
  return { lock, errors: [...failed.values()].flat(), failed, edits: new Map(), held: [] };
}

// The same entry, lock or tree is the same object in every company, so that each is made, parsed and hashed once.
const entries = new Map<string, LockedArtifact>();
const locks = new Map<string, Lock>();
const blobs = new WeakMap<Commit["tree"], ReadonlyMap<string, string>>();

/** Job `n` of a tool was built on day `n`, counted back from the start. */
function entryAt(instance: string, tool: string, job: number): LockedArtifact {
  const key = `${tool} ${job}`;
  const known = entries.get(instance + key);
  if (known !== undefined) return known;
  const digits = Buffer.from(key).toString("hex").padEnd(40, "0").slice(0, 40);
  const variant = makeVariant({
    name: tool,
    url: artifactUrl({ instance, projectId: 42, job }, "dist/acme-linux"),
    job,
    // Nix's digits have no e.
    storePath: `/nix/store/${digits.slice(0, 32).replaceAll("e", "x")}-${tool}`,
    project: `platform/${tool}`,
    commit: digits,
    createdAt: new Date(NOW.getTime() - DAY_MS + job).toISOString(),
  });
  const entry = makeArtifact({
    gitlab: instance,
    project: `platform/${tool}`,
    systems: { "x86_64-linux": variant },
  });
  entries.set(instance + key, entry);
  return entry;
}

function parsed(text: string): Lock {
  const lock = locks.get(text) ?? parseLock(text, "artifacts.lock.json");
  locks.set(text, lock);
  return lock;
}

function blobsOf(tree: Commit["tree"]): ReadonlyMap<string, string> {
  const known = blobs.get(tree) ?? new Map([...tree].map(([path, text]) => [path, blobIdOf(text)]));
  blobs.set(tree, known);
  return known;
}
