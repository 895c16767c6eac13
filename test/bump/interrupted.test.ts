/** Whatever stops a run, or is at work beside it, the next one goes on from there, and nothing is done twice. */
import { EventEmitter, once } from "node:events";
import { expect, onTestFinished, test } from "vitest";
import { startCompany, type Company } from "./company.js";
import { killedAfter } from "./killed.js";
import { foundSmallCompany, openLine, type Line } from "./small-company.js";

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

test("two runs that ask for the same merge request at the same moment get one, and neither fails", async () => {
  const line = await openLine();
  onTestFinished(() => line.close());
  const company = await foundSmallCompany(["acme"], {}, line);
  company.newest.set("acme", 2);
  const statuses = meetBefore(line, { method: "POST", path: /merge_requests$/, callers: 2 });

  const runs = await Promise.all([company.run(), company.run()]);

  expect(statuses.toSorted()).toEqual([201, 409]);
  expect(runs.map(({ errors, applied }) => [errors, applied[0]?.request?.iid])).toEqual([
    [[], 1],
    [[], 1],
  ]);
  expect(company.forge.mergeRequests).toHaveLength(1);
});

/** Lets such requests wait until as many callers have sent one. Returns the statuses of their answers. */
function meetBefore(
  line: Line,
  meeting: { readonly method: string; readonly path: RegExp; readonly callers: number },
): number[] {
  const { answer } = line;
  const statuses: number[] = [];
  const met = new EventEmitter();
  let callers = 0;
  line.answer = async (request) => {
    if (request.method !== meeting.method || !meeting.path.test(request.path)) return answer(request);
    callers += 1;
    if (callers === meeting.callers) met.emit("all");
    else if (callers < meeting.callers) await once(met, "all");
    const answered = await answer(request);
    statuses.push(answered.reply.status);
    return answered;
  };
  return statuses;
}
