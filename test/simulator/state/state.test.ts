import { beforeEach, expect, test } from "vitest";
import { Knobs } from "../../../src/simulator/knobs.js";
import { State } from "../../../src/simulator/state/state.js";

let state: State;
let knobs: Knobs;

beforeEach(() => {
  knobs = Knobs.parse({});
  state = new State(knobs, () => new Date("2026-11-20T08:00:00Z"));
});

function addJob(): number {
  state.addProject({ path: "g/app" });
  const { id } = state.addPipeline("g/app", { ref: "main" });
  return state.addJob("g/app", id, { name: "build", artifacts: { files: { a: "1", b: "2" } } }).id;
}

function archiveOf(job: number): string | undefined {
  return state.jobById(job).artifacts?.archive?.sha256;
}

test("ids count up from where the last one given left off, and none is given twice", () => {
  const ids = [{}, { id: 40 }, {}].map(
    (given, index) => state.addProject({ path: `g/${index}`, ...given }).id,
  );
  expect(ids).toEqual([1, 40, 41]);
  expect(() => state.addProject({ path: "g/x", id: 40 })).toThrow("The id 40 is given twice");
  expect(() => state.addProject({ path: "g/1" })).toThrow("There are two projects g/1");
});

test("a former path gives way to the project that has the path now", () => {
  const now = state.addProject({ path: "g/app" });
  state.addProject({ path: "g/moved", formerPaths: ["g/app"] });
  expect(state.findProject("g/app")).toBe(now);
});

test("the same files give another archive when the job is run again, unless the runs are to be alike", () => {
  const first = addJob();
  const second = state.retryJob(first).id;
  expect([second > first, state.jobById(first).retried]).toEqual([true, true]);
  expect(archiveOf(second)).not.toBe(archiveOf(first));
  knobs.entryTimes = "fixed";
  const third = state.retryJob(second).id;
  const fourth = state.retryJob(third).id;
  expect(archiveOf(third)).toBe(archiveOf(fourth));
});

test("unknown fields and impossible values are refused", () => {
  // @ts-expect-error: what JSON may hold
  expect(() => state.addProject({ path: "g/app", pipeline: [] })).toThrow("pipeline");
  expect(() => state.addToken({ token: "", kind: "personal" })).toThrow("token");
});
