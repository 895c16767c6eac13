import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ANONYMOUS, type Credentials } from "../../src/credentials/credentials.js";
import { findCredentials } from "../../src/credentials/find-credentials.js";
import type { GitLab } from "../../src/gitlab/gitlab.js";
import { resolve, type ResolveOutcome } from "../../src/resolve/resolve.js";
import { type EmbeddedGitLab, startGitLab } from "../../src/simulator/simulator.js";
import { CANARY, canaryFor, connect, readAll } from "../gitlab/test-client.js";
import { declaredVariant } from "./declared-variant.js";

let instance: EmbeddedGitLab;

beforeEach(async () => {
  instance = await startGitLab();
  instance.addToken({ token: CANARY, kind: "personal" });
});

afterEach(() => instance.close());

describe("latest", () => {
  // GitLab itself serves "latest" by ref. Whatever history a project has, we must mean the same bytes.
  test.each(Array.from({ length: 25 }, (_, seed) => seed + 1))(
    "is what GitLab serves, history %i",
    async (seed) => {
      addHistory(random(seed));
      const gitlab = connect({ credentials: canaryFor(instance.url) });
      for (const ref of ["main", "v1"]) {
        for (const jobName of ["build", "test"]) {
          const served = await servedByRef(gitlab, ref, jobName);
          const [outcome] = await resolve([variant({ ref: { branch: ref }, jobName })], { gitlab });
          if (served === undefined) expect(await isInAnOlderPipeline(outcome)).toBe(true);
          else expect(await content(gitlab, outcome), `${jobName} on ${ref}`).toBe(served);
        }
      }
    },
  );

  test("is the newest attempt of a job that was run again", async () => {
    instance.addProject({ path: "g/app" });
    const pipeline = instance.addPipeline("g/app", { ref: "main" }).id;
    const old = instance.addJob("g/app", pipeline, {
      name: "build",
      artifacts: { files: { "dist/app": "1" } },
    });
    const again = instance.retryJob(old.id, { artifacts: { files: { "dist/app": "2" } } });
    const gitlab = connect({ credentials: canaryFor(instance.url) });
    const [outcome] = await resolve([variant()], { gitlab });
    expect(outcome).toMatchObject({ resolved: { job: again.id } });
    expect(await content(gitlab, outcome)).toBe("2");
  });
});

test("a moved project is found under its old path, and named by its new one", async () => {
  instance.addProject({ path: "new/app", formerPaths: ["g/app"] });
  addBuild("new/app");
  const gitlab = connect({ credentials: canaryFor(instance.url) });
  const [outcome] = await resolve([variant()], { gitlab });
  expect(outcome).toMatchObject({ resolved: { projectPath: "new/app", project: "g/app" } });
});

test("fields that GitLab leaves empty do no harm where another request can tell", async () => {
  instance.addProject({ path: "g/app" });
  addBuild("g/app");
  instance.fault({
    path: /\/pipelines/,
    kind: "fields",
    setNull: ["web_url", "commit", "artifacts_file", "artifacts_expire_at", "erased_at"],
  });
  const [outcome] = await resolve([variant()], { gitlab: connect({ credentials: canaryFor(instance.url) }) });
  expect(outcome).toMatchObject({ resolved: { projectPath: "g/app", expiresAt: null } });
});

test("a job token is enough", async () => {
  instance.addProject({ path: "g/app" });
  addBuild("g/app");
  const running = instance.addJob(
    "g/app",
    instance.addPipeline("g/app", { ref: "other", status: "running" }).id,
    {
      name: "lock",
      status: "running",
    },
  );
  const env = {
    GITLAB_CI: "true",
    CI_SERVER_URL: instance.url,
    CI_JOB_TOKEN: instance.issueJobToken(running.id),
  };
  const gitlab = connect({ credentials: findCredentials({ env }) });
  const [outcome] = await resolve([variant()], { gitlab });
  expect(outcome).toMatchObject({ resolved: { jobName: "build", version: "0-unstable-2026-01-02" } });
  expect(await content(gitlab, outcome)).toBe("bytes");
  expect(instance.leaks).toEqual([]);
});

test.each([
  ["without a token", () => ANONYMOUS, /No token was sent/],
  [
    "with a token that is unknown",
    () => canaryFor(instance.url, "private-token", "x"),
    /does not know the token/,
  ],
])("%s the error is at the project and says so", async (_, credentials: () => Credentials, message) => {
  instance.addProject({ path: "g/app" });
  const [outcome] = await resolve([variant()], { gitlab: connect({ credentials: credentials() }) });
  if (outcome === undefined || !("error" in outcome)) throw new Error("expected an error");
  expect(outcome.error.message).toMatch(message);
  expect(outcome.error.at?.line).toBe(1);
});

function variant(fields: Parameters<typeof declaredVariant>[0] = {}) {
  return declaredVariant({ gitlab: instance.url, ...fields });
}

function addBuild(path: string): number {
  const pipeline = instance.addPipeline(path, { ref: "main", committedAt: "2026-01-02T03:04:05Z" }).id;
  return instance.addJob(path, pipeline, { name: "build", artifacts: { files: { "dist/app": "bytes" } } }).id;
}

/** Pipelines of all kinds of status and source, with children, retried and failed jobs and reports. */
function addHistory(next: (below: number) => number): void {
  const pick = <T>(...choices: readonly [T, ...T[]]): T => choices[next(choices.length)] ?? choices[0];
  instance.addProject({ path: "g/app" });
  const pipelines: number[] = [];
  for (let i = 0; i < 6; i++) {
    const parent = pipelines.length > 0 && next(3) === 0 ? pipelines[next(pipelines.length)] : undefined;
    const { id } = instance.addPipeline("g/app", {
      ref: pick("main", "main", "v1"),
      tag: false,
      status: pick("success", "success", "failed", "manual"),
      ...(parent === undefined
        ? { source: pick("push", "schedule", "webide", "web") }
        : { parent, source: "parent_pipeline" as const }),
    });
    pipelines.push(id);
    for (const name of ["build", "test"]) {
      if (next(3) === 0) continue;
      const artifacts = { files: { "dist/app": `${id}/${name}` }, reportsOnly: next(4) === 0 };
      const job = instance.addJob("g/app", id, {
        name,
        status: pick("success", "failed"),
        ...(next(5) === 0 ? {} : { artifacts }),
      });
      if (next(4) === 0) {
        instance.retryJob(job.id, { artifacts: { files: { "dist/app": `${id}/${name}/again` } } });
      }
    }
  }
}

/** GitLab gives up where the newest pipeline with the job has reports only; then we find an older one, or none either. */
async function isInAnOlderPipeline(outcome: ResolveOutcome | undefined): Promise<boolean> {
  return outcome !== undefined && ("error" in outcome || outcome.resolved.passedOver.length > 0);
}

/** What GitLab itself serves as the latest when told to search older pipelines, too; or undefined. */
async function servedByRef(gitlab: GitLab, ref: string, job: string): Promise<string | undefined> {
  const query = `job=${encodeURIComponent(job)}&search_recent_successful_pipelines=true`;
  const url = `${instance.url}/api/v4/projects/g%2Fapp/jobs/artifacts/${ref}/raw/dist/app?${query}`;
  try {
    return await readAll((await gitlab.download(url)).body);
  } catch {
    return undefined;
  }
}

async function content(gitlab: GitLab, outcome: ResolveOutcome | undefined): Promise<string | undefined> {
  if (outcome === undefined || "error" in outcome) return undefined;
  return readAll((await gitlab.download(outcome.resolved.url)).body);
}

/** Numbers that look random and are the same in every run (Numerical Recipes' linear congruential generator). */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}
