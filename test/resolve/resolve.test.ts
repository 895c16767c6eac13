import { describe, expect, test } from "vitest";
import { ANONYMOUS } from "../../src/credentials/credentials.js";
import type { UserError } from "../../src/errors.js";
import type { DeclaredVariant } from "../../src/manifest/declared.js";
import { type ResolveOptions, resolve } from "../../src/resolve/resolve.js";
import type { Described } from "../../src/resolve/resolved.js";
import { connect } from "../gitlab/test-client.js";
import { declaredVariant } from "./declared-variant.js";
import { type FakePipeline, type FakeProject, startFakeGitLab } from "./fake-gitlab.js";
import { lockedEntry, lockedVariant } from "./locked-variant.js";

describe("a branch", () => {
  test("means the newest successful pipeline by id, with every fact that the lock needs", async () => {
    const { one, url } = await project({
      pipelines: [pipeline(7), pipeline(9), { ...pipeline(11), status: "failed" }, pipeline(8)],
      tags: [{ name: "v1.4.0", committedAt: "2026-06-01T00:00:00.000Z" }],
    });
    expect(await one()).toEqual({
      ...declaredVariant({ gitlab: url }),
      storeName: "app",
      version: "1.4.0-unstable-2026-06-15",
      url: `${url}/api/v4/projects/42/jobs/900/artifacts/dist/app`,
      projectId: 42,
      projectPath: "g/app",
      refName: "main",
      commit: "c0ffee".repeat(7).slice(0, 40),
      pipeline: 9,
      job: 900,
      jobName: "build",
      createdAt: "2026-06-17T10:00:00.000Z",
      expiresAt: null,
      provenance: {},
      passedOver: [],
    });
  });

  test("with a slash is found", async () => {
    const { one } = await project({ pipelines: [{ ...pipeline(7), ref: "feature/a b" }] });
    expect((await one({ ref: { branch: "feature/a b" } })).pipeline).toBe(7);
  });

  test("does not mean a pipeline that GitLab counts for no ref", async () => {
    const { one } = await project({ pipelines: [pipeline(7), { ...pipeline(9), source: "webide" }] });
    expect((await one()).pipeline).toBe(7);
  });

  test("without a successful pipeline says what its newest one is", async () => {
    const { failure } = await project({ pipelines: [{ ...pipeline(7), status: "failed" }] });
    const error = await failure();
    expect(error.code).toBe("RESOLVE_NO_SUCCESSFUL_PIPELINE");
    expect(error.message).toBe(
      'The project g/app has no successful pipeline on "main"; the newest pipeline there, 7, is "failed".',
    );
    expect(error.at?.line).toBe(2);
  });

  test("with a spelling mistake is answered with the refs that there are", async () => {
    const { failure } = await project({ pipelines: [pipeline(7), { ...pipeline(8), ref: "develop" }] });
    const error = await failure({ ref: { branch: "mian" } });
    expect(error.message).toContain('pipelines ran lately on "main", "develop".');
  });

  test("of an unknown project is an error at the project", async () => {
    const { failure } = await project({ pipelines: [] });
    const error = await failure({ project: "g/typo" });
    expect(error.code).toBe("GITLAB_PROJECT_NOT_FOUND");
    expect(error.at?.line).toBe(1);
    expect(error.message).toContain("No token was sent");
  });
});

describe("a tag", () => {
  const tagged = { ...pipeline(7), ref: "v2.1.0", tag: true };

  test("gives its version without a list of the tags", async () => {
    const { one, asked } = await project({ pipelines: [tagged] });
    const resolved = await one({ ref: { tag: "v2.1.0" } });
    expect([resolved.version, resolved.refName]).toEqual(["2.1.0", "v2.1.0"]);
    expect(asked().join(" ")).not.toContain("tags?");
  });

  test("loses its declared prefix", async () => {
    const { one } = await project({ pipelines: [{ ...tagged, ref: "release-3" }] });
    expect((await one({ ref: { tag: "release-3", tagPrefix: "release-" } })).version).toBe("3");
  });

  test("that no pipeline ran for says how to have one", async () => {
    const { failure } = await project({ pipelines: [pipeline(7)] });
    expect((await failure({ ref: { tag: "v1" } })).hint).toContain("a tag needs a pipeline of its own");
  });

  test("that is a branch, too, is told when the branch's pipeline is the newer one", async () => {
    const { one, warnings } = await project({
      pipelines: [
        { ...pipeline(7), ref: "v1", tag: true },
        { ...pipeline(8), ref: "v1" },
      ],
    });
    await one({ ref: { tag: "v1" } });
    expect(warnings).toEqual(['"v1" is also a branch, and its pipeline 8 is newer than those of the tag.']);
  });
});

describe("a pipeline", () => {
  test("is taken as it is, even failed", async () => {
    const { one } = await project({ pipelines: [{ ...pipeline(7), status: "failed" }, pipeline(9)] });
    expect((await one({ ref: { pipeline: 7 } })).job).toBe(700);
  });

  test("that does not exist is an error at the ref", async () => {
    const { failure } = await project({ pipelines: [pipeline(7)] });
    const error = await failure({ ref: { pipeline: 8 } });
    expect([error.code, error.at?.line]).toEqual(["RESOLVE_NO_PIPELINE", 2]);
  });
});

describe("a job id", () => {
  test("is taken as it is, without a name", async () => {
    const { one } = await project({ pipelines: [pipeline(7)] });
    expect((await one({ ref: { job: 700 }, jobName: undefined })).jobName).toBe("build");
  });

  test("with another name than declared is an error at the name", async () => {
    const { failure } = await project({ pipelines: [pipeline(7)] });
    const error = await failure({ ref: { job: 700 }, jobName: "test" });
    expect(error.message).toBe('Job 700 is named "build", not "test".');
    expect(error.at?.line).toBe(3);
  });

  test("that does not exist is an error at the ref", async () => {
    const { failure } = await project({ pipelines: [pipeline(7)] });
    const error = await failure({ ref: { job: 1 }, jobName: undefined });
    expect([error.code, error.at?.line]).toEqual(["RESOLVE_NO_JOB", 2]);
  });
});

describe("the job of a pipeline", () => {
  test("may have failed", async () => {
    const { one } = await project({
      pipelines: [{ id: 7, jobs: [{ id: 1, name: "build", status: "failed" }] }],
    });
    expect((await one()).job).toBe(1);
  });

  test("may stand on a later page of the list", async () => {
    const others = Array.from({ length: 150 }, (_, i) => ({ id: 1000 - i, name: `test ${i}/150` }));
    const { one, asked } = await project({
      pipelines: [{ id: 7, jobs: [...others, { id: 1, name: "build" }] }],
    });
    expect((await one()).job).toBe(1);
    expect(asked().filter((path) => path.includes("/jobs?"))).toHaveLength(2);
  });

  test.each(["bridges", "trigger_jobs"] as const)(
    "may run in a grandchild pipeline (%s)",
    async (triggerRoute) => {
      const { one } = await project({
        triggerRoute,
        pipelines: [
          { id: 7, jobs: [], triggers: [{ id: 8 }] },
          { ...child(8), triggers: [{ id: 9 }] },
          { ...child(9), jobs: [{ id: 90, name: "build" }] },
        ],
      });
      expect((await one()).job).toBe(90);
    },
  );

  test("is the parent's when parent and child have one, and then children are not asked for", async () => {
    const { one, asked } = await project({
      pipelines: [
        { ...pipeline(7), triggers: [{ id: 8 }] },
        { ...child(8), jobs: [{ id: 80, name: "build" }] },
      ],
    });
    expect((await one()).job).toBe(700);
    expect(asked().join(" ")).not.toContain("bridges");
  });

  test("is the child's when the parent's has nothing to download", async () => {
    const { one } = await project({
      pipelines: [
        { id: 7, jobs: [{ id: 70, name: "build", artifacts: ["trace"] }], triggers: [{ id: 8 }] },
        { ...child(8), jobs: [{ id: 80, name: "build" }] },
      ],
    });
    expect((await one()).job).toBe(80);
  });

  test("is not looked for in pipelines of other projects", async () => {
    const { failure } = await project({
      pipelines: [
        { id: 7, jobs: [], triggers: [{ id: 8, project: 43 }] },
        { ...child(8), jobs: [{ id: 80, name: "build" }] },
      ],
    });
    expect((await failure()).code).toBe("RESOLVE_NO_JOB");
  });

  test("that does not exist is answered with those that do, the nearest first", async () => {
    const names = ["test", "build: [linux, amd64]", "lint", "biuld"];
    const { failure } = await project({
      pipelines: [{ id: 7, jobs: names.map((name, i) => ({ id: i + 1, name })) }],
    });
    const error = await failure();
    expect(error.message).toBe(
      'Pipeline 7 on "main" of g/app has no job "build"; it has "biuld", "lint", "test", "build: [linux, amd64]".',
    );
    expect(error.at?.line).toBe(3);
  });

  test.each([
    [{ erasedAt: "2026-01-02T00:00:00.000Z", artifacts: [] }, "was erased on 2026-01-02T00:00:00.000Z"],
    [
      { expireAt: "2026-01-02T00:00:00.000Z", artifacts: ["trace"] },
      "has no artifacts any more: they expired on 2026-01-02T00:00:00.000Z",
    ],
    [{ artifacts: ["junit", "trace"] }, "has reports only (junit), no archive"],
    [{ artifacts: ["trace"], status: "failed" }, 'has no artifacts; its status is "failed"'],
  ])("without an archive says why: %j", async (fields, why) => {
    const { failure } = await project({
      pipelines: [{ id: 7, jobs: [{ id: 70, name: "build", ...fields }] }],
    });
    const error = await failure();
    expect(error.message).toBe(`Job 70 "build" of pipeline 7 in g/app ${why}.`);
    expect(error.at?.line).toBe(3);
  });

  test("that has expired but still lists its archive is resolved", async () => {
    const job = { id: 70, name: "build", expireAt: "2026-01-02T00:00:00.000Z" };
    const { one } = await project({ pipelines: [{ id: 7, jobs: [job] }] });
    expect((await one()).expiresAt).toBe("2026-01-02T00:00:00.000Z");
  });
});

describe("a run", () => {
  test("asks equal questions once", async () => {
    const { gitlab, url, asked } = await project({ pipelines: [pipeline(7)] });
    const variants = ["x86_64-linux", "aarch64-linux"].map((system) =>
      declaredVariant({ gitlab: url, system }),
    );
    await resolve([...variants, ...variants], { gitlab });
    expect(asked()).toHaveLength(4);
  });

  test("asks for no tags when the job is the locked one, and keeps the version", async () => {
    const { one, url, asked } = await project({ pipelines: [pipeline(7)] });
    const previous = lockedVariant({
      url: `${url}/api/v4/projects/42/jobs/700/artifacts/dist/old`,
      version: "kept",
    });
    expect((await one({}, { previous: () => lockedEntry(previous) })).version).toBe("kept");
    expect(asked()).toHaveLength(2);
  });

  test("does not keep the version of another job whose id begins alike", async () => {
    const { one, url } = await project({ pipelines: [pipeline(7)] });
    const previous = lockedVariant({ url: `${url}/api/v4/projects/42/jobs/7000/artifacts/dist/app` });
    expect((await one({}, { previous: () => lockedEntry(previous) })).version).toBe("0-unstable-2026-06-15");
  });

  test("without the right to read tags goes on with 0 and says so once", async () => {
    const { gitlab, url, warnings, options } = await project({ pipelines: [pipeline(7)], tags: "forbidden" });
    const variants = [declaredVariant({ gitlab: url }), declaredVariant({ gitlab: url, system: "any" })];
    const outcomes = await resolve(variants, { ...options, gitlab });
    expect(outcomes.map((outcome) => "resolved" in outcome && outcome.resolved.version)).toEqual([
      "0-unstable-2026-06-15",
      "0-unstable-2026-06-15",
    ]);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain("The tags of g/app cannot be read, so versions begin with 0.");
  });

  test("lets no failure touch another variant, and keeps the order", async () => {
    const { gitlab, url } = await project({ pipelines: [pipeline(7)] });
    const outcomes = await resolve(
      [
        declaredVariant({ gitlab: url, project: "g/typo" }),
        declaredVariant({ gitlab: url }),
        declaredVariant({ gitlab: url, jobName: "typo" }),
      ],
      { gitlab },
    );
    expect(
      outcomes.map((outcome) => ("error" in outcome ? outcome.error.code : outcome.resolved.job)),
    ).toEqual(["GITLAB_PROJECT_NOT_FOUND", 700, "RESOLVE_NO_JOB"]);
  });
});

function pipeline(id: number): FakePipeline {
  return { id, jobs: [{ id: id * 100, name: "build" }] };
}

/** A pipeline that another one triggers; GitLab does not list it. */
function child(id: number): FakePipeline {
  return { id, ref: "not-listed", jobs: [] };
}

async function project(fields: Omit<FakeProject, "id" | "path">) {
  const { url, asked } = await startFakeGitLab({ id: 42, path: "g/app", ...fields });
  const gitlab = connect({ credentials: ANONYMOUS });
  const warnings: string[] = [];
  const options = { onWarning: ({ message }: { message: string }) => warnings.push(message) };
  const outcome = async (variant: Partial<DeclaredVariant>, more: Partial<ResolveOptions> = {}) => {
    const variants = [declaredVariant({ gitlab: url, ...variant })];
    const [outcome] = await resolve(variants, { ...options, gitlab, ...more });
    return outcome;
  };
  return {
    url,
    asked,
    gitlab,
    warnings,
    options,
    async one(
      variant: Partial<DeclaredVariant> = {},
      more: Partial<ResolveOptions> = {},
    ): Promise<Described> {
      const result = await outcome(variant, more);
      if (result === undefined || "error" in result) throw result?.error ?? new Error("no outcome");
      return result.resolved;
    },
    async failure(variant: Partial<DeclaredVariant> = {}): Promise<UserError> {
      const result = await outcome(variant);
      if (result === undefined || "resolved" in result) throw new Error("expected an error");
      return result.error;
    },
  };
}
