/** Whatever stops a run, or answers it wrongly, the next one goes on from there, and nothing is done twice. */
import { describe, expect, test } from "vitest";
import type { GitLabWriter } from "../../src/gitlab/writer.js";
import type { Fault } from "../../src/simulator/http/faults.js";
import { startCompany, type Company } from "./company.js";

/** One merge request becomes obsolete, one is outdated, one is new: every kind of change is needed. */
async function busyCompany(): Promise<Company> {
  const company = await startCompany({ tools: ["acme", "brisk", "crane"] });
  company.build("acme", "acme 2");
  company.build("brisk", "brisk 2");
  await company.run();
  company.forge.repository.merge("artifacts/acme", "main", "By hand");
  company.build("brisk", "brisk 3");
  company.build("crane", "crane 2");
  company.writes();
  return company;
}

/** The process ends after `writes` changes have arrived. */
function killedAfter(writes: number): (writer: GitLabWriter) => GitLabWriter {
  let left = writes;
  return (writer) => ({
    ...writer,
    async send(instance, write) {
      left -= 1;
      if (left < 0) throw new Error("killed");
      const answer = await writer.send(instance, write);
      if (left <= 0) throw new Error("killed");
      return answer;
    },
  });
}

function outcome({ forge, locked }: Company) {
  return {
    requests: forge.mergeRequests.map(({ sourceBranch, state, title, notes }) => ({
      sourceBranch,
      state,
      title,
      notes: notes.length,
    })),
    branches: [...forge.repository.branches.keys()].sort().map((name) => [name, locked(name)]),
    commits: [...forge.repository.branches.keys()].map((name) => forge.repository.ahead(name, "main").length),
  };
}

test("a run that is killed after any of its changes is finished by the next one", async () => {
  const smooth = await busyCompany();
  await smooth.run();
  const writes = smooth.writes().length;
  const expected = shape(outcome(smooth));
  expect(writes).toBe(7);

  for (let killed = 1; killed <= writes; killed++) {
    const company = await busyCompany();
    await company.run({ through: killedAfter(killed) }).catch(() => undefined);
    await company.run();

    expect(shape(outcome(company)), `killed after ${killed}`).toEqual(expected);
    company.writes();
    await company.run();
    expect(company.writes()).toEqual([]);
  }
});

/** Ids of jobs, ports and dates differ between companies. */
function shape(value: ReturnType<typeof outcome>): unknown {
  const sizes = value.branches.map(([name, lock]) => [
    name,
    typeof lock === "string"
      ? lock
      : Object.values(lock?.artifacts ?? {}).map((it) => it.systems["any"]?.hash),
  ]);
  return { ...value, branches: sizes };
}

test("two runs at once open no two merge requests", async () => {
  const company = await busyCompany();

  await Promise.all([company.run(), company.run(), company.run()]);
  await company.run();

  expect(
    company
      .open()
      .map(({ sourceBranch }) => sourceBranch)
      .sort(),
  ).toEqual(["artifacts/brisk", "artifacts/crane"]);
  expect(company.forge.mergeRequests).toHaveLength(3);
  company.writes();
  await company.run();
  expect(company.writes()).toEqual([]);
});

test("a new branch whose commit is made, but not confirmed, is proposed in the same run", async () => {
  const company = await startCompany();
  company.build("acme", "acme 2");
  company.gitlab.fault({ kind: "reset", method: "POST", path: "repository/commits", times: 1 });

  expect((await company.run()).errors).toEqual([]);
  expect(company.open()).toMatchObject([{ sourceBranch: "artifacts/acme" }]);
  expect(company.forge.repository.ahead("artifacts/acme", "main")).toHaveLength(1);
});

const LOST: Fault = { kind: "reset", path: "", times: 1 };
const FAULTS: readonly (readonly [string, Fault])[] = [
  ["its answer is lost", LOST],
  ["a gateway answers in its place", { kind: "bad-gateway", path: "", times: 1 }],
  ["the instance is down for a moment", { kind: "unavailable", path: "", times: 1, retryAfter: 0 }],
  ["it comes too often", { kind: "rate-limited", shape: "rack", retryAfter: 0, path: "", times: 1 }],
  [
    "GitLab is busy with the same thing",
    { kind: "answer", status: 409, body: '{"message":"409 Conflict: Resource lock"}', path: "", times: 1 },
  ],
  ["its answer is cut", { kind: "truncated", afterBytes: 10, path: "", times: 1 }],
  ["it is refused", { kind: "answer", status: 403, body: '{"message":"403 Forbidden"}', path: "", times: 1 }],
];
const WRITES: readonly (readonly [string, string, string | RegExp])[] = [
  ["a commit", "POST", "repository/commits"],
  ["a new merge request", "POST", /merge_requests$/],
  ["a changed merge request", "PUT", "merge_requests/2"],
  ["a closed merge request", "PUT", "merge_requests/1"],
  ["a comment", "POST", "/notes"],
  ["a deleted branch", "DELETE", "repository/branches"],
];

describe.each(WRITES)("%s", (_title, method, path) => {
  test.each(FAULTS)("is made exactly once although %s", async (_fault, fault) => {
    const company = await busyCompany();
    company.gitlab.fault({ ...fault, method, path });

    const { errors } = await company.run();
    if (fault.kind === "reset" || fault.kind === "truncated") expect(errors).toEqual([]);
    company.gitlab.clearFaults();
    await company.run();

    const { requests, commits } = outcome(company);
    expect(requests).toMatchObject([
      { sourceBranch: "artifacts/acme", state: "closed", notes: 1 },
      { sourceBranch: "artifacts/brisk", state: "opened", notes: 0 },
      { sourceBranch: "artifacts/crane", state: "opened", notes: 0 },
    ]);
    expect([...company.forge.repository.branches.keys()].sort()).toEqual([
      "artifacts/brisk",
      "artifacts/crane",
      "main",
    ]);
    expect(commits).toEqual(expect.arrayContaining([0, 1, 1]));
    company.writes();
    await company.run();
    expect(company.writes()).toEqual([]);
  });
});
