import { beforeEach, expect, test } from "vitest";
import { Knobs } from "../../../src/simulator/knobs.js";
import type { JobInput, PipelineInput } from "../../../src/simulator/state/input.js";
import { latestJob } from "../../../src/simulator/state/latest.js";
import { State } from "../../../src/simulator/state/state.js";

let state: State;
const build: JobInput = { name: "build", artifacts: { files: { a: "1" } } };

beforeEach(() => {
  state = new State(Knobs.parse({}), () => new Date("2026-11-20T08:00:00Z"));
  state.addProject({ path: "g/app" });
  state.addProject({ path: "g/other" });
});

function add(pipeline: Partial<PipelineInput>, project = "g/app") {
  return state.addPipeline(project, { ref: "main", jobs: [build], ...pipeline });
}

function latest(jobName = "build", { ref = "main", searchRecent = false } = {}): number | undefined {
  const project = state.findProject("g/app");
  if (project === undefined) throw new Error("no project");
  const isSuccessful = ({ status }: { status: string }) => status === "success";
  return latestJob(project, { ref, jobName, searchRecent, isSuccessful })?.id;
}

function jobIn(pipeline: { jobs: readonly { id: number }[] }): number | undefined {
  return pipeline.jobs[0]?.id;
}

test("the successful pipeline with the highest id wins, whenever it was updated", () => {
  add({ updatedAt: "2026-11-25T00:00:00Z" });
  const newer = add({ updatedAt: "2026-11-21T00:00:00Z" });
  add({ status: "failed" });
  add({ status: "manual" });
  add({ ref: "other" });
  expect(latest()).toBe(jobIn(newer));
});

test("dangling pipelines do not count", () => {
  const pushed = add({ source: "push" });
  for (const source of ["webide", "ondemand_dast_scan", "parent_pipeline", "duo_workflow"] as const)
    add({ source });
  expect(latest()).toBe(jobIn(pushed));
});

test("a failed job in a successful pipeline counts, one without artifacts does not", () => {
  const { jobs } = add({
    jobs: [{ ...build, name: "flaky", status: "failed", allowFailure: true }, { name: "empty" }],
  });
  expect(latest("flaky")).toBe(jobs[0]?.id);
  expect(latest("empty")).toBeUndefined();
});

test("there is no fallback to an older pipeline unless it is asked for", () => {
  const older = add({});
  add({ jobs: [{ ...build, name: "lint" }] });
  expect(latest()).toBeUndefined();
  expect(latest("build", { searchRecent: true })).toBe(jobIn(older));
});

test("the search looks through a hundred successful pipelines and no more", () => {
  const older = add({});
  for (let count = 0; count < 99; count += 1) add({ jobs: [] });
  expect(latest("build", { searchRecent: true })).toBe(jobIn(older));
  add({ jobs: [] });
  expect(latest("build", { searchRecent: true })).toBeUndefined();
});

test("jobs of child pipelines are found, after the parent's own, and never those of other projects", () => {
  const parent = add({ jobs: [] });
  const child = add({ parent: parent.id, status: "failed", jobs: [] });
  const grandchild = add({ parent: child.id });
  add({ parent: parent.id, jobs: [{ ...build, name: "elsewhere" }] }, "g/other");
  expect(latest()).toBe(jobIn(grandchild));
  expect(latest("elsewhere")).toBeUndefined();
  const own = state.addJob("g/app", parent.id, build);
  expect(latest()).toBe(own.id);
});

test("only the newest attempt of a job counts, even when it has nothing to offer", () => {
  const first = jobIn(add({})) ?? 0;
  const second = state.retryJob(first);
  expect(latest()).toBe(second.id);
  state.retryJob(second.id, { artifacts: undefined });
  expect(latest()).toBeUndefined();
});

test("branch and tag of one name are not told apart", () => {
  add({ ref: "v1" });
  const tagged = add({ ref: "v1", tag: true });
  expect(latest("build", { ref: "v1" })).toBe(jobIn(tagged));
});
