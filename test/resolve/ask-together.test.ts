import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ANONYMOUS } from "../../src/credentials/credentials.js";
import { findCredentials } from "../../src/credentials/find-credentials.js";
import type { GitLab } from "../../src/gitlab/gitlab.js";
import type { DeclaredVariant } from "../../src/manifest/declared.js";
import type { Previous } from "../../src/resolve/as-locked.js";
import { resolve } from "../../src/resolve/resolve.js";
import type { Described } from "../../src/resolve/resolved.js";
import { type EmbeddedGitLab, startGitLab } from "../../src/simulator/simulator.js";
import { CANARY, canaryFor, connect } from "../gitlab/test-client.js";
import { declaredVariant } from "./declared-variant.js";
import { lockedEntry, lockedVariant } from "./locked-variant.js";

let instance: EmbeddedGitLab;

beforeEach(async () => {
  instance = await startGitLab();
  instance.addToken({ token: CANARY, kind: "personal" });
});

afterEach(() => instance.close());

const TAGS = ["v1.0.0", "v1.1.0"].map((name) => ({
  name,
  commit: "c".repeat(40),
  committedAt: "2026-01-01T00:00:00Z",
}));

/** Those that many projects can be asked about at once, and others. `pipeline` and `job` are the project's newest. */
const REFS = fc.constantFrom<DeclaredVariant["ref"] | "pipeline" | "job">(
  { branch: "main" },
  { branch: "main", minimumReleaseAge: "3 days" },
  { branch: "main", pipelineStatus: "any" },
  { branch: "main", protectedOnly: true },
  { tag: "v1.0.0" },
  { semver: "^1" },
  { mergeRequest: 1 },
  "pipeline",
  "job",
);
const NOW = new Date("2026-06-20T12:00:00Z");

const PIPELINE = fc.record({
  ref: fc.constantFrom("main", "main", "v1.0.0", "v1.1.0", "refs/merge-requests/1/head"),
  project: fc.constantFrom(...pathsOf(4)),
  status: fc.constantFrom("success" as const, "success" as const, "failed" as const),
  source: fc.constantFrom("push" as const, "push" as const, "webide" as const),
  createdAt: fc.constantFrom<string[]>("2026-06-20T11:59:59.900Z", "2026-06-01T00:00:00.123Z"),
  /** Whether it has the job, what the job has, and what happens to it later. */
  job: fc.constantFrom("none", "empty", "reports", "archive", "retried", "expired", "erased", "in a child"),
});
type Pipeline = typeof PIPELINE extends fc.Arbitrary<infer T> ? T : never;

describe("one request for many projects", () => {
  test("gives the answer that many requests give, whatever happened in the projects", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(PIPELINE, { maxLength: 8 }),
        fc.array(PIPELINE, { maxLength: 5 }),
        fc.array(REFS, { minLength: 1, maxLength: 2 }),
        fc.boolean(),
        fc.boolean(),
        async (before, after, refs, byId, moved) => {
          await restart();
          const gitlab = createClient();
          const projects = pathsOf(4).map((path, at) => {
            const place = moved && at === 1 ? { path: "g/moved", formerPaths: [path] } : { path };
            const { id } = instance.addProject({ ...place, tags: TAGS, protectedRefs: ["main"] });
            return byId ? String(id) : path;
          });
          for (const one of before) addPipeline(one);
          const variants = refs.flatMap((ref) => projects.map((project) => variantOf(project, ref)));
          const lock = await lockAll(gitlab, variants);
          for (const one of after) addPipeline(one);
          instance.cleanup();
          const together = [
            await outcomes(gitlab, variants, lock),
            await outcomes(gitlab, variants, new Map()),
          ];
          instance.knobs.graphql = false;
          expect(together).toEqual([
            await outcomes(gitlab, variants, lock),
            await outcomes(gitlab, variants, new Map()),
          ]);
          await gitlab.close();
        },
      ),
      { numRuns: 60, seed: 7 },
    );
  });

  test("is enough for fifty of them when nothing has changed", async () => {
    const { gitlab, lock, variants } = await locked(120);
    const asked = instance.requests.length;
    const found = await outcomes(gitlab, variants, lock);
    expect(found.map((one) => "job" in one && one.job)).toEqual([...lock.values()].map(({ job }) => job));
    expect(instance.requests.slice(asked).map(({ path }) => path)).toEqual(Array(3).fill("/api/graphql"));
  });

  test("tells all of what is new but the tags and the protection, which GraphQL does not tell", async () => {
    const { gitlab, variants } = await locked(120);
    const asked = instance.requests.length;
    await outcomes(gitlab, variants, new Map());
    const paths = instance.requests.slice(asked).map(({ path }) => path);
    const others = paths.filter((path) => path !== "/api/graphql");
    expect(paths.length - others.length).toBe(3);
    expect(others.filter((path) => /\/repository\/(tags|branches\/main)(\?|$)/.test(path))).toHaveLength(240);
    expect(others).toHaveLength(240);
  });

  test("is halved until GitLab finds it cheap enough", async () => {
    const { gitlab, lock, variants } = await locked(50);
    instance.knobs.graphqlComplexity = 65;
    const asked = instance.requests.length;
    await outcomes(gitlab, variants, lock);
    expect(instance.requests.slice(asked).map(({ path }) => path)).toEqual(Array(3).fill("/api/graphql"));
  });

  test("is followed by others for the projects that changed, and for no others", async () => {
    const { gitlab, lock, variants } = await locked(10);
    instance.addPipeline("g/p3", {
      ref: "main",
      jobs: [{ name: "build", artifacts: { files: { "dist/app": "2" } } }],
    });
    const asked = instance.requests.length;
    const found = await outcomes(gitlab, variants, lock);
    expect(found[3]).not.toMatchObject({ job: jobOf(lock, variants[3]) });
    const rest = instance.requests.slice(asked).filter(({ path }) => !path.endsWith("/graphql"));
    expect(rest.length).toBeGreaterThan(0);
    expect(rest.every(({ path }) => /projects\/(g%2Fp3|4)\//.test(path))).toBe(true);
  });

  test("tells of a new date of expiry", async () => {
    const { gitlab, lock, variants } = await locked(3);
    const job = instance.state.jobById(jobOf(lock, variants[0]) ?? 0);
    if (job.artifacts !== undefined) job.artifacts.expireAt = new Date("2030-01-01T00:00:00Z");
    expect((await outcomes(gitlab, variants, lock))[0]).toMatchObject({
      expiresAt: "2030-01-01T00:00:00.000Z",
    });
  });
});

describe("where it is not to be had, the projects are asked one by one:", () => {
  test.each([
    ["it is shut off", () => void (instance.knobs.graphql = false)],
    ["it costs too much", () => void (instance.knobs.graphqlComplexity = 10)],
    ["a page answers in its place", () => instance.fault({ path: /graphql/, kind: "html" })],
  ])("%s", async (_, spoil) => {
    const { gitlab, lock, variants } = await locked(4);
    spoil();
    const found = await outcomes(gitlab, variants, lock);
    expect(found.map((one) => "job" in one && one.job)).toEqual([...lock.values()].map(({ job }) => job));
  });

  test("it is forbidden to job tokens", async () => {
    const { lock, variants } = await locked(4);
    const running = instance.addPipeline("g/p0", { ref: "other", status: "running" });
    const job = instance.addJob("g/p0", running.id, { name: "lock", status: "running" });
    for (const project of instance.state.projects.values()) {
      Object.assign(project, { jobTokenAllowlist: ["g/p0"] });
    }
    const CI_JOB_TOKEN = instance.issueJobToken(job.id);
    const env = { GITLAB_CI: "true", CI_SERVER_URL: instance.url, CI_JOB_TOKEN };
    const found = await outcomes(connect({ credentials: findCredentials({ env }) }), variants, lock);
    expect(found.map((one) => "job" in one && one.job)).toEqual([...lock.values()].map(({ job }) => job));
  });

  test("and the caller may not see the projects", async () => {
    const { lock, variants } = await locked(4);
    const found = await outcomes(connect({ credentials: ANONYMOUS }), variants, lock);
    expect(found.map((one) => "error" in one && one.error)).toEqual(
      Array(4).fill("GITLAB_PROJECT_NOT_FOUND"),
    );
  });
});

/** `g/p0` and so on. */
function pathsOf(count: number): [string, ...string[]] {
  const [first = "g/p0", ...others] = Array.from({ length: count }, (_, i) => `g/p${i}`);
  return [first, ...others];
}

async function restart(): Promise<void> {
  await instance.close();
  instance = await startGitLab();
  instance.addToken({ token: CANARY, kind: "personal" });
}

function createClient(): GitLab {
  return connect({ credentials: canaryFor(instance.url) });
}

function addPipeline({ project, ref, status, source, createdAt, job }: Pipeline): void {
  const tag = ref.startsWith("v");
  const { id } = instance.addPipeline(project, { ref, tag, status, source, createdAt });
  if (job === "none") return;
  const child = { ref, tag, status, source: "parent_pipeline" as const, parent: id };
  const owner = job === "in a child" ? instance.addPipeline(project, child).id : id;
  const expireAt = job === "expired" ? "2026-01-01T00:00:00Z" : null;
  const artifacts = { files: { "dist/app": String(id) }, reportsOnly: job === "reports", expireAt };
  const added = instance.addJob(project, owner, {
    name: "build",
    ...(job === "empty" ? {} : { artifacts }),
  });
  if (job === "retried") instance.retryJob(added.id);
  if (job === "erased") instance.erase(added.id);
}

/** Projects with one job each, and the lock of them. */
async function locked(count: number) {
  const paths = pathsOf(count);
  for (const path of paths) {
    instance.addProject({ path });
    addPipeline({
      project: path,
      ref: "main",
      status: "success",
      source: "push",
      job: "archive",
      createdAt: NOW.toISOString(),
    });
  }
  const gitlab = createClient();
  const variants = paths.map((path) => variantOf(path, { branch: "main" }));
  return { gitlab, variants, lock: await lockAll(gitlab, variants) };
}

type FakeLock = ReadonlyMap<DeclaredVariant, Described>;

async function lockAll(gitlab: GitLab, variants: readonly DeclaredVariant[]): Promise<FakeLock> {
  const found = await resolve(variants, { gitlab, now: NOW });
  return new Map(found.flatMap((one) => ("resolved" in one ? [[one.variant, one.resolved] as const] : [])));
}

/** What each variant means now, or the error. */
async function outcomes(gitlab: GitLab, variants: readonly DeclaredVariant[], lock: FakeLock) {
  const previous = (variant: DeclaredVariant) => entryOf(lock.get(variant));
  const found = await resolve(variants, { gitlab, previous, now: NOW });
  return found.map((one) =>
    "resolved" in one ? one.resolved : { error: one.error.code, message: one.error.message },
  );
}

function variantOf(project: string, ref: DeclaredVariant["ref"] | "pipeline" | "job"): DeclaredVariant {
  return declaredVariant({
    gitlab: instance.url,
    project,
    ref: typeof ref === "string" ? newest(project, ref) : ref,
  });
}

/** The newest of the project; any number where it has none. */
function newest(project: string, kind: "pipeline" | "job"): DeclaredVariant["ref"] {
  const pipeline = instance.state.findProject(project)?.pipelines.at(-1);
  if (kind === "pipeline") return { pipeline: pipeline?.id ?? 1 };
  return { job: pipeline?.jobs.at(-1)?.id ?? 1 };
}

function jobOf(lock: FakeLock, variant: DeclaredVariant | undefined): number | undefined {
  return variant === undefined ? undefined : lock.get(variant)?.job;
}

function entryOf(resolved: Described | undefined): Previous | undefined {
  if (resolved === undefined) return undefined;
  const { version, url, projectId, projectPath, refName, commit, pipeline, job, createdAt, expiresAt } =
    resolved;
  const facts = { version, url, projectId, ref: refName, commit, pipeline, job, createdAt, expiresAt };
  return lockedEntry(lockedVariant({ ...facts, project: projectPath }), {
    project: resolved.project,
    ref: resolved.ref,
  });
}
