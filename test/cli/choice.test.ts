/** What narrows the choice of a job, in one project and in several, and how the choice is explained. */
import { beforeEach, describe, expect, test } from "vitest";
import type { PipelineInput } from "../../src/simulator/state/input.js";
import { newConsumer, ONE_AND_MANY } from "./consumer.js";
import { readFiles } from "./repository.js";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const consumer = newConsumer();

interface Built {
  readonly pipeline: number;
  readonly job: number;
}

/** A whole second, as all times are that are told. */
const ago = (milliseconds: number) =>
  new Date(Math.trunc((Date.now() - milliseconds) / 1000) * 1000).toISOString();

/** A pipeline with the job "build". */
function build(path: string, ref: string, more: Partial<PipelineInput> & { expireAt?: string } = {}): Built {
  const { expireAt = null, ...pipeline } = more;
  const { createdAt = ago(4 * DAY) } = more;
  const job = { name: "build", createdAt, artifacts: { files: { app: `${path} ${ref}\n` }, expireAt } };
  const { id, jobs } = consumer.gitlab.addPipeline(path, { ref, createdAt, jobs: [job], ...pipeline });
  return { pipeline: id, job: jobs[0]?.id ?? 0 };
}

/** A project that protects "main" and one of its tags. */
function addProject(path: string, tags: readonly string[] = []): void {
  const commit = { commit: "c".repeat(40), committedAt: "2026-01-01T00:00:00Z" };
  const protectedRefs = ["main", "v1.0.0"];
  const project = { path, protectedRefs, keepLatest: false };
  consumer.gitlab.addProject({ ...project, tags: tags.map((name) => ({ name, ...commit })) });
}

const declare = (artifacts: readonly object[]) =>
  consumer.declare(artifacts.map((one) => ({ project: "g/a", file: "app", ...one })));

async function codesOf(...args: string[]): Promise<readonly string[]> {
  const { stdout } = await consumer.cli(...args, "--json");
  const { errors = [] } = JSON.parse(stdout) as { errors?: readonly { code: string }[] };
  return errors.map(({ code }) => code);
}

describe.each(ONE_AND_MANY)("in %s", (_, paths, atOnce) => {
  test("age, protection and prefix are heeded", async () => {
    const wanted = paths.flatMap((path) => {
      addProject(path, ["v1.0.0", "v1.1.0", "cli-0.2.0", "cli-v3.0.0"]);
      const [guarded, highest, prefixed] = ["v1.0.0", "v1.1.0", "cli-0.2.0", "cli-v3.0.0"].map(
        (tag) => build(path, tag, { tag: true }).job,
      );
      const old = build(path, "main").job;
      const young = build(path, "main", { createdAt: ago(2 * DAY) }).job;
      const branch = "main";
      return [
        { name: "newest", ref: { branch }, found: young },
        { name: "protected", ref: { branch, protectedOnly: true }, found: young },
        { name: "old", ref: { branch, minimumReleaseAge: "3 days" }, found: old },
        { name: "highest", ref: { semver: "*" }, found: highest },
        { name: "guarded", ref: { semver: "*", protectedOnly: true }, found: guarded },
        { name: "prefixed", ref: { semver: "*", tagPrefix: "cli-" }, found: prefixed },
      ].map(({ name, ...one }) => ({ name: `${name}-${path.slice(-1)}`, project: path, ...one }));
    });
    declare(wanted.map(({ found: _found, ...artifact }) => artifact));

    expect(await consumer.cli("lock")).toMatchObject({ code: 0, stderr: "" });
    const jobs = Object.entries(consumer.locked()).map(([name, { systems }]) => [name, systems["any"]?.job]);
    expect(Object.fromEntries(jobs)).toEqual(
      Object.fromEntries(wanted.map(({ name, found }) => [name, found])),
    );
    expect(consumer.gitlab.requests.some(({ path }) => path === "/api/graphql")).toBe(atOnce);
  });

  test("what fits nothing is refused, each for its reason", async () => {
    for (const path of paths) {
      addProject(path, ["v1.0.0", "v1.1.0"]);
      for (const tag of ["v1.0.0", "v1.1.0"]) build(path, tag, { tag: true });
      build(path, "main");
      build(path, "dev");
    }
    const refs = [
      { branch: "main", minimumReleaseAge: "1 week" },
      { branch: "dev", protectedOnly: true },
      { tag: "v1.1.0", protectedOnly: true },
      { semver: ">=1.1.0", protectedOnly: true },
      { semver: "*", tagPrefix: "cli-" },
    ];
    declare(
      paths.flatMap((project) =>
        refs.map((ref, at) => ({ name: `tool-${at}-${project.slice(-1)}`, project, ref })),
      ),
    );

    const codes = ["RESOLVE_TOO_YOUNG", "RESOLVE_NOT_PROTECTED", "RESOLVE_NOT_PROTECTED"];
    const none = ["RESOLVE_NO_TAG_IN_RANGE", "RESOLVE_NO_TAG_IN_RANGE"];
    expect((await codesOf("lock")).toSorted()).toEqual(paths.flatMap(() => [...codes, ...none]).toSorted());
    expect(readFiles(consumer.cwd)["artifacts.lock.json"]).toBeUndefined();
  });

  test("an expired artifact is passed over with a warning that says since when", async () => {
    const expireAt = ago(DAY);
    const built = paths.map((path) => {
      addProject(path);
      return { path, older: build(path, "main"), newer: build(path, "main", { expireAt }) };
    });
    consumer.gitlab.cleanup();
    declare(paths.map((project) => ({ name: project.slice(-1), project })));

    const { code, stderr } = await consumer.cli("lock");

    expect(code).toBe(0);
    expect(
      stderr
        .split("\n")
        .filter((line) => line.startsWith("warning"))
        .toSorted(),
    ).toEqual(
      built.map(
        ({ path, older, newer }) =>
          `warning ${path}: Pipeline ${newer.pipeline} on "main" has the job ${newer.job} "build", which has no artifacts ` +
          `any more: they expired on ${expireAt}; pipeline ${older.pipeline} is taken instead.`,
      ),
    );
    expect(Object.values(consumer.locked()).map(({ systems }) => systems["any"]?.job)).toEqual(
      built.map(({ older }) => older.job),
    );
  });
});

describe("where what is newest does not fit", () => {
  let taken: Built;
  let newer: readonly { readonly pipeline: number; readonly why: string }[];

  beforeEach(() => {
    addProject("g/a", ["v1.0.0", "v2.0.0"]);
    build("g/a", "v1.0.0", { tag: true });
    build("g/a", "v2.0.0", { tag: true, status: "failed" });
    taken = build("g/a", "main");
    const ended = ago(2 * DAY);
    const young = build("g/a", "main", { createdAt: ended });
    const expireAt = ago(HOUR);
    const expired = build("g/a", "main", { expireAt });
    const jobless = build("g/a", "main", { jobs: [{ name: "lint" }] });
    consumer.gitlab.cleanup();
    newer = [
      { pipeline: jobless.pipeline, why: 'has no job "build"' },
      {
        pipeline: expired.pipeline,
        why: `has the job ${expired.job} "build", which has no artifacts any more: they expired on ${expireAt}`,
      },
      {
        pipeline: young.pipeline,
        why: `has the job ${young.job} "build", which ended on ${ended}, less than the minimum release age of 3 days ago`,
      },
    ];
    declare([
      { name: "acme", ref: { branch: "main", minimumReleaseAge: "3 days" } },
      { name: "pinned", ref: { job: taken.job } },
      { name: "release", ref: { semver: "*" } },
    ]);
  });

  test("outdated says of each pipeline and tag why it was passed over", async () => {
    const people = await consumer.cli("outdated");
    const script = await consumer.cli("outdated", "--json");

    expect(people.stdout.split("\n").filter((line) => line.startsWith("acme  any  pipeline"))).toEqual(
      newer.map(
        ({ pipeline, why }) =>
          `acme  any  pipeline ${taken.pipeline} is taken, because pipeline ${pipeline} on "main" ${why}`,
      ),
    );
    expect(people.stdout).toMatch(
      /^release {2}any {2}pipeline \d+ is taken, because "v2\.0\.0" has no successful pipeline$/m,
    );
    const { passedOver } = JSON.parse(script.stdout) as { passedOver: unknown };
    const common = { system: "any" };
    expect(passedOver).toEqual([
      ...newer.map((one) => ({ ...common, artifact: "acme", ref: "main", ...one })),
      { ...common, artifact: "release", ref: "v2.0.0", pipeline: null, why: "has no successful pipeline" },
    ]);
  });

  test("show, without asking GitLab, tells the rule and where the rest is told", async () => {
    await consumer.cli("lock");
    const asked = consumer.gitlab.requests.length;

    const { stdout } = await consumer.cli("show");

    expect(stdout.match(/(?<=^ {4}chosen {5}).*/gm)).toEqual([
      'newest successful pipeline on branch "main" that has the job, at least 3 days old; to see what it passes over, run: artifacts outdated acme',
      `job ${taken.job}`,
      'newest successful pipeline of the highest tag in "*" that has the job; to see what it passes over, run: artifacts outdated release',
    ]);
    expect(consumer.gitlab.requests).toHaveLength(asked);
  });
});
