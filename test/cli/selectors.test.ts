/** Every way to name a job, from the manifest to the lock, in one project and in several: those are asked in another way. */
import { describe, expect, test } from "vitest";
import type { JobInput, PipelineInput } from "../../src/simulator/state/input.js";
import { newConsumer, ONE_AND_MANY } from "./consumer.js";
import { readFiles } from "./repository.js";

const consumer = newConsumer();

interface Selected {
  readonly ref: object;
  /** Default "build". */
  readonly job?: string;
  /** Id of the job that is to be found. */
  readonly found: number;
}

const buildJob = (name = "build"): JobInput => ({ name, artifacts: { files: { app: `${name}\n` } } });

/** A project with a history, and what each way to name a job means in it. */
function addProject(path: string): Record<string, Selected> {
  const tags = ["v1.2.0", "v1.10.0", "v2.0.0-rc.1"];
  const commit = "c".repeat(40);
  consumer.gitlab.addProject({
    path,
    tags: tags.map((name) => ({ name, commit, committedAt: "2026-01-01T00:00:00Z" })),
  });
  const add = (ref: string, more: Partial<PipelineInput> = {}) => {
    const { id, jobs } = consumer.gitlab.addPipeline(path, { ref, jobs: [buildJob()], ...more });
    return { id, job: jobs[0]?.id ?? 0 };
  };
  const [v1, v110, rc] = tags.map((ref) => add(ref, { tag: true }).job);
  const failed = add("main", { status: "failed" });
  const main = add("main", { jobs: [buildJob(), buildJob("build: [linux, amd64]"), buildJob("test 2/3")] });
  const child = add("main", { source: "parent_pipeline", parent: main.id, jobs: [buildJob("package")] });
  const grandchild = add("main", { source: "parent_pipeline", parent: child.id, jobs: [buildJob("sign")] });
  const again = consumer.gitlab.retryJob(main.job, { artifacts: { files: { app: "again\n" } } }).id;
  add("refs/merge-requests/7/head");
  const merged = add("refs/merge-requests/7/merge").job;
  const detached = add("refs/merge-requests/8/head").job;
  const branch = { branch: "main" };
  return {
    branch: { ref: branch, found: again },
    tag: { ref: { tag: "v1.2.0" }, found: v1 ?? 0 },
    semver: { ref: { semver: "^1.0" }, found: v110 ?? 0 },
    prerelease: { ref: { semver: "2.x", prereleases: true }, found: rc ?? 0 },
    merged: { ref: { mergeRequest: 7 }, found: merged },
    detached: { ref: { mergeRequest: 8 }, found: detached },
    pipeline: { ref: { pipeline: failed.id }, found: failed.job },
    job: { ref: { job: failed.job }, found: failed.job },
    matrix: { ref: branch, job: "build: [linux, amd64]", found: main.job + 1 },
    parallel: { ref: branch, job: "test 2/3", found: main.job + 2 },
    child: { ref: branch, job: "package", found: child.job },
    grandchild: { ref: branch, job: "sign", found: grandchild.job },
  };
}

const declareAll = (artifacts: readonly object[]) =>
  consumer.declare(artifacts.map((one) => ({ file: "app", ...one })));

const lockedJobs = () =>
  Object.fromEntries(
    Object.entries(consumer.locked()).map(([name, { systems }]) => [name, systems["any"]?.job]),
  );

describe.each(ONE_AND_MANY)("in %s", (_, paths, atOnce) => {
  test("each ref means the job that it names, and stays with it", async () => {
    const wanted = paths.flatMap((path) =>
      Object.entries(addProject(path)).map(([kind, { found, ...one }]) => ({
        artifact: { name: `${kind}-${path.slice(-1)}`, project: path, ...one },
        found,
      })),
    );
    declareAll(wanted.map(({ artifact }) => artifact));

    expect(await consumer.cli("lock")).toMatchObject({ code: 0, stderr: "" });
    expect(lockedJobs()).toEqual(
      Object.fromEntries(wanted.map(({ artifact, found }) => [artifact.name, found])),
    );
    expect(consumer.gitlab.requests.some(({ path }) => path === "/api/graphql")).toBe(atOnce);
    const before = readFiles(consumer.cwd);
    const asked = consumer.gitlab.requests.length;
    expect((await consumer.cli("lock")).stdout).toBe(`${wanted.length} variants locked, nothing changed\n`);
    expect(readFiles(consumer.cwd)).toEqual(before);
    const bytes = consumer.gitlab.requests.slice(asked).filter(({ path }) => path.includes("/artifacts"));
    expect(bytes).toEqual([]);
  });

  test("a pipeline of another project has none of its jobs", async () => {
    consumer.gitlab.addProject({ path: "g/other" });
    for (const path of paths) {
      addProject(path);
      const parent = consumer.gitlab.addPipeline(path, { ref: "main", jobs: [buildJob("lint")] }).id;
      consumer.gitlab.addPipeline("g/other", {
        ref: "main",
        source: "pipeline",
        parent,
        jobs: [buildJob("foreign")],
      });
    }
    declareAll(
      paths.map((path) => ({ name: path.slice(-1), project: path, ref: { branch: "main" }, job: "foreign" })),
    );

    const { code, stdout } = await consumer.cli("lock", "--json");

    const { errors } = JSON.parse(stdout) as { errors: { code: string }[] };
    expect([code, errors.map((one) => one.code)]).toEqual([1, paths.map(() => "RESOLVE_NO_JOB")]);
  });

  test("a project that moved goes on under its id, and one that took its path is refused", async () => {
    const former = ["g/moved", ...paths.slice(1)];
    for (const path of former) addProject(path);
    const declared = former.map((project, at) => ({ name: `tool-${at}`, project, ref: { branch: "main" } }));
    declareAll(declared);
    await consumer.cli("lock");
    const jobs = lockedJobs();
    consumer.gitlab.moveProject("g/moved", "h/new");

    const moved = await consumer.cli("lock");

    expect(moved.stderr).toMatch(
      /^warning The project g\/moved has moved to h\/new; write project: "h\/new", or its id 1\.$/m,
    );
    expect([moved.code, lockedJobs()]).toEqual([0, jobs]);

    addProject("g/moved");
    const replaced = await consumer.cli("lock");

    expect(replaced.code).toBe(1);
    expect(replaced.stderr).toMatch(
      /RESOLVE_PROJECT_REPLACED[^]*"g\/moved" was the project with the id 1 when it was locked/,
    );
    expect(lockedJobs()).toEqual(jobs);
  });
});
