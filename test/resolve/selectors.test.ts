import * as fc from "fast-check";
import { maxSatisfying, satisfies } from "semver";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Ref } from "../../src/artifact.js";
import type { UserError } from "../../src/errors.js";
import type { LockedVariant } from "../../src/lock/schema.js";
import { resolve } from "../../src/resolve/resolve.js";
import type { Described } from "../../src/resolve/resolved.js";
import { tagsInRange } from "../../src/resolve/semver.js";
import { type EmbeddedGitLab, startGitLab } from "../../src/simulator/simulator.js";
import { CANARY, canaryFor, connect } from "../gitlab/test-client.js";
import { declaredVariant } from "./declared-variant.js";
import { lockedEntry, lockedVariant } from "./locked-variant.js";

const SHA = "c".repeat(40);
const NOW = new Date("2026-06-20T12:00:00Z");

let instance: EmbeddedGitLab;
let warnings: string[];

beforeEach(async () => {
  instance = await startGitLab();
  instance.addToken({ token: CANARY, kind: "personal" });
  warnings = [];
});

afterEach(() => instance.close());

describe("a range of versions", () => {
  test("means its highest tag, by number, and gives its version", async () => {
    addTags(["v1.9.0", "v1.10.0", "v2.0.0", "v1.10.1-rc.1", "nightly"]);
    const { resolved } = await one({ semver: "^1.2" });
    expect([resolved.refName, resolved.version]).toEqual(["v1.10.0", "1.10.0"]);
  });

  test("passes a tag over whose pipeline has not succeeded, and says so", async () => {
    addTags(["v1.0.0", "v1.1.0", "v1.2.0"], ["v1.1.0", "v1.2.0"]);
    const { resolved } = await one({ semver: "1.x" });
    expect(resolved.refName).toBe("v1.0.0");
    expect(resolved.passedOver.map(({ ref, why }) => [ref, why])).toEqual([
      ["v1.2.0", "has no successful pipeline"],
      ["v1.1.0", "has no successful pipeline"],
    ]);
  });

  test("that no tag is in names the highest versions", async () => {
    addTags(["v1.0.0", "v1.1.0"]);
    const { error } = await one({ semver: ">=3" });
    expect(error.message).toBe(
      'The project g/app has no tag in the range ">=3"; the highest versions are "v1.1.0", "v1.0.0".',
    );
    expect([error.code, error.at?.line]).toEqual(["RESOLVE_NO_TAG_IN_RANGE", 2]);
  });

  test("counts protected tags only, when told so", async () => {
    addTags(["v1.0.0", "v1.1.0"]);
    expect((await one({ semver: "*", protectedOnly: true })).resolved.refName).toBe("v1.0.0");
  });

  test.each([
    ["^1", {}, ["v1.10.0", "1.9.0"]],
    ["*", {}, ["v2", "v1.10.0", "1.9.0"]],
    ["^2", { prereleases: true }, ["v2.1.0-rc.2", "v2.1.0-rc.1", "v2"]],
    ["^2.1.0-rc.0", {}, ["v2.1.0-rc.2", "v2.1.0-rc.1"]],
    ["*", { tagPrefix: "cli-" }, ["cli-0.2.0", "cli-0.1"]],
    ["*", { tagPrefix: "" }, ["1.9.0"]],
  ])("%s with %j holds %j", (semver, options, expected) => {
    const tags = ["v1.10.0", "1.9.0", "v2", "v2.1.0-rc.1", "v2.1.0-rc.2", "cli-0.1", "cli-0.2.0", "x"];
    expect(tagsInRange(tags, { semver, ...options }).toSorted()).toEqual(expected.toSorted());
    expect(tagsInRange(tags, { semver, ...options })[0]).toBe(expected[0]);
  });
});

test("the tags in a range are those that npm takes for it, the one that npm would install first", () => {
  const number = fc.nat(3);
  const version = fc
    .tuple(number, number, number, fc.constantFrom("", "", "-rc.1", "-rc.2"))
    .map(([major, minor, patch, rest]) => `${major}.${minor}.${patch}${rest}`);
  const range = fc.constantFrom(
    "*",
    "^1",
    "^1.2",
    "~2.1",
    ">=1.2.0 <3",
    "1.x || 3.x",
    "^2.1.0-rc.1",
    "2.0.0 - 2.2",
  );
  const tag = fc.oneof(
    version.map((one) => `v${one}`),
    version.map((one) => `cli-${one}`),
    fc.constant("nightly"),
  );
  fc.assert(
    fc.property(fc.uniqueArray(tag), range, fc.boolean(), (tags, semver, prereleases) => {
      const found = tagsInRange(tags, { semver, tagPrefix: "v", prereleases });
      const versions = tags.filter((one) => one.startsWith("v")).map((one) => one.slice(1));
      const options = { includePrerelease: prereleases };
      const wanted = versions.filter((one) => satisfies(one, semver, options));
      expect(found.toSorted()).toEqual(wanted.map((one) => `v${one}`).toSorted());
      const best = maxSatisfying(versions, semver, options);
      expect(found[0]).toBe(best === null ? undefined : `v${best}`);
    }),
    { numRuns: 300 },
  );
});

describe("a merge request", () => {
  test.each(["head", "merge"])("means its newest pipeline, also when that ran for %s", async (kind) => {
    instance.addProject({ path: "g/app" });
    addBuild("refs/merge-requests/7/head");
    addBuild("refs/merge-requests/7/merge");
    const newest = addBuild(`refs/merge-requests/7/${kind}`);
    addBuild("refs/merge-requests/70/head");
    const { resolved } = await one({ mergeRequest: 7 });
    expect([resolved.job, resolved.refName]).toEqual([newest, `refs/merge-requests/7/${kind}`]);
    expect(resolved.version).toBe("0-unstable-2026-06-20");
  });

  test("without a pipeline says how to have one", async () => {
    instance.addProject({ path: "g/app" });
    addBuild("main");
    expect((await one({ mergeRequest: 7 })).error.hint).toContain("merge request pipelines");
  });
});

describe("older pipelines", () => {
  test("are searched for a job that the newest one lacks, and the choice is explained", async () => {
    instance.addProject({ path: "g/app" });
    const built = addBuild("main");
    const { id } = instance.addPipeline("g/app", {
      ref: "main",
      source: "schedule",
      jobs: [{ name: "lint" }],
    });
    const { resolved } = await one({ branch: "main" });
    expect(resolved.job).toBe(built);
    expect(resolved.passedOver).toEqual([
      { ref: "main", pipeline: id, why: 'has no job "build"', gone: false },
    ]);
    expect(warnings).toEqual([]);
  });

  test("are searched when artifacts are gone, with a warning that says since when", async () => {
    instance.addProject({ path: "g/app", keepLatest: false });
    const old = addBuild("main");
    addBuild("main", { expireAt: "2026-06-19T00:00:00Z" });
    instance.cleanup();
    expect((await one({ branch: "main" })).resolved.job).toBe(old);
    expect(warnings.join()).toMatch(/expired on 2026-06-19T00:00:00.000Z; pipeline \d+ is taken instead/);
  });

  test("are not taken in place of locked artifacts that are gone: an older build is no update", async () => {
    instance.addProject({ path: "g/app", keepLatest: false });
    addBuild("main");
    const { resolved } = await one({ branch: "main" });
    const newer = addBuild("main", { expireAt: "2026-06-19T00:00:00Z" });
    instance.cleanup();
    const pipeline = instance.state.jobById(newer).pipeline.id;
    const url = resolved.url.replace(`/jobs/${resolved.job}/`, `/jobs/${newer}/`);
    const locked = lockedVariant({ url, projectId: resolved.projectId, pipeline, job: newer });
    const again = await one({ branch: "main" }, locked);
    expect(again.resolved.job).toBe(newer);
    expect(warnings.join()).toContain("it stays locked");
  });

  test("are found behind a page of those that count for no ref", async () => {
    instance.addProject({ path: "g/app" });
    const built = addBuild("main");
    instance.addPipeline("g/app", { ref: "main", jobs: [{ name: "lint" }] });
    for (let i = 0; i < 130; i++) instance.addPipeline("g/app", { ref: "main", source: "webide" });
    const { resolved } = await one({ branch: "main" });
    expect(resolved.job).toBe(built);
    expect(resolved.passedOver).toHaveLength(1);
    expect(instance.requests.filter(({ path }) => /pipelines\?.*page=2/.test(path))).not.toEqual([]);
  });

  test("are searched no further than thirty", async () => {
    instance.addProject({ path: "g/app" });
    addBuild("main");
    for (let i = 0; i < 30; i++) instance.addPipeline("g/app", { ref: "main", jobs: [{ name: "lint" }] });
    const { error } = await one({ branch: "main" });
    expect(error.code).toBe("RESOLVE_NO_JOB");
    expect(error.message).toContain("None of the 29 older pipelines, down to 1002, has one that fits.");
  });
});

describe("the options", () => {
  test("minimumReleaseAge passes over what ended lately", async () => {
    instance.addProject({ path: "g/app" });
    const old = addBuild("main", { createdAt: "2026-06-17T11:59:59Z" });
    addBuild("main", { createdAt: "2026-06-17T12:00:01Z" });
    const { resolved } = await one({ branch: "main", minimumReleaseAge: "3 days" });
    expect(resolved.job).toBe(old);
    expect(resolved.passedOver[0]?.why).toContain("less than the minimum release age of 3 days ago");
  });

  test('pipelineStatus "any" takes a job that succeeded in a pipeline that did not', async () => {
    instance.addProject({ path: "g/app" });
    addBuild("main");
    const failed = addBuild("main", { status: "failed" });
    expect((await one({ branch: "main", pipelineStatus: "any" })).resolved.job).toBe(failed);
    expect((await one({ branch: "main" })).resolved.job).not.toBe(failed);
  });

  test("protectedOnly refuses a branch that everybody may push to", async () => {
    instance.addProject({ path: "g/app", protectedRefs: ["main"] });
    addBuild("main");
    addBuild("dev");
    expect((await one({ branch: "main", protectedOnly: true })).resolved.refName).toBe("main");
    const { error } = await one({ branch: "dev", protectedOnly: true });
    expect(error.message).toBe('The project g/app does not protect the branch "dev".');
    expect((await one({ branch: "x", protectedOnly: true })).error.message).toContain('has no branch "x"');
  });
});

describe("a project", () => {
  test("that has moved is told with its new path and its id", async () => {
    const { id } = instance.addProject({ path: "new/app", formerPaths: ["g/app"] });
    addBuild("main", { project: "new/app" });
    await one({ branch: "main" });
    expect(warnings).toEqual([
      `The project g/app has moved to new/app; write project: "new/app", or its id ${id}.`,
    ]);
  });

  test("that another has replaced at its path is refused", async () => {
    instance.addProject({ path: "g/app", id: 43 });
    addBuild("main");
    const locked = lockedVariant({ url: `${instance.url}/api/v4/projects/42/jobs/1/artifacts/dist/app` });
    const { error } = await one({ branch: "main" }, locked);
    expect([error.code, error.at?.line]).toEqual(["RESOLVE_PROJECT_REPLACED", 1]);
    expect(error.hint).toContain("write project: 43");
  });
});

interface Build {
  readonly status?: "success" | "failed" | "running";
  readonly createdAt?: string;
  readonly expireAt?: string;
  readonly project?: string;
  readonly tag?: boolean;
}

/** A pipeline with the job `build` and its file. Returns the id of the job. */
function addBuild(ref: string, build: Build = {}): number {
  const { status = "success", createdAt = NOW.toISOString(), project = "g/app", tag = false } = build;
  const pipeline = instance.addPipeline(project, { ref, status, tag, createdAt, committedAt: createdAt });
  const expireAt = build.expireAt ?? null;
  const artifacts = { files: { "dist/app": ref }, expireAt };
  return instance.addJob(project, pipeline.id, { name: "build", artifacts }).id;
}

/** A project with tags, each with a pipeline that succeeded unless it is named in `running`. */
function addTags(names: readonly string[], running: readonly string[] = []): void {
  const tags = names.map((name) => ({ name, commit: SHA, committedAt: "2026-01-01T00:00:00Z" }));
  instance.addProject({ path: "g/app", tags, protectedRefs: ["v1.0.0"] });
  for (const name of names) {
    addBuild(name, { tag: true, status: running.includes(name) ? "running" : "success" });
  }
}

/** What the ref means now: read the one of the two that the test expects. */
async function one(ref: Ref, locked?: LockedVariant) {
  const gitlab = connect({ credentials: canaryFor(instance.url) });
  const [outcome] = await resolve([declaredVariant({ gitlab: instance.url, ref })], {
    gitlab,
    now: NOW,
    previous: () => (locked === undefined ? undefined : lockedEntry(locked)),
    onWarning: ({ message }) => warnings.push(message),
  });
  return {
    get resolved(): Described {
      if (outcome === undefined || "error" in outcome) throw outcome?.error ?? new Error("no outcome");
      return outcome.resolved;
    },
    get error(): UserError {
      if (outcome === undefined || "resolved" in outcome) throw new Error("expected an error");
      return outcome.error;
    },
  };
}
