/** Everything that can go wrong with a write of the bot: it is sent again where that is safe, or told, and nothing is done twice. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type FaultRow, waits } from "../faults/fault-row.js";
import { FAULTS } from "../faults/faults.js";
import { TOKEN } from "./company.js";
import { foundSmallCompany, openLine, type Line, type SmallCompany } from "./small-company.js";
import { type Write, WRITES } from "./writes.js";

/** Nothing listens there: no redirect of a write is followed. */
const ELSEWHERE = { otherUrl: "http://127.0.0.1:9", secureUrl: "https://127.0.0.1:9" };

const ROWS = FAULTS.filter(({ spoils }) => spoils !== "bytes");

describe.each(WRITES)("$name", (write) => {
  let line: Line;
  let smooth: Smooth;
  beforeAll(async () => {
    line = await openLine();
    smooth = await runSmoothly(write, line);
  });
  afterAll(() => line.close());

  const quick = ROWS.filter((row) => !waits(row));
  test.each(quick)("is done once, or told and done by the next run: $name", (row) =>
    isDoneOnce({ write, line, smooth }, row),
  );
});

// Each has a line of its own, so that they wait together.
describe.concurrent.each(WRITES)("$name", (write) => {
  const waiting = ROWS.filter(waits);
  test.each(waiting)("is done once, or told and done by the next run: $name", async (row) => {
    const line = await openLine();
    try {
      await isDoneOnce({ write, line, smooth: await runSmoothly(write, line) }, row);
    } finally {
      await line.close();
    }
  });
});

type State = ReturnType<typeof stateOf>;

/** What people see when nothing goes wrong. */
interface Smooth {
  readonly first: State;
  readonly last: State;
}

async function runSmoothly(write: Write, line: Line): Promise<Smooth> {
  const company = await begin(write, line);
  await company.run();
  const first = stateOf(company);
  await company.run();
  return { first, last: stateOf(company) };
}

interface Scene {
  readonly write: Write;
  readonly line: Line;
  readonly smooth: Smooth;
}

async function isDoneOnce({ write, line, smooth }: Scene, row: FaultRow): Promise<void> {
  const company = await begin(write, line);
  const kind = typeof row.kind === "function" ? row.kind(ELSEWHERE) : row.kind;
  company.faults.add({ ...kind, method: write.method, path: write.path, times: 1 });

  const { errors, applied } = await company.run();

  const told = [...errors.map(({ message }) => message), ...applied.map(({ detail }) => detail ?? "")];
  expect(told.join("\n")).not.toContain(TOKEN);
  if (isHarmless(row)) expect(errors).toEqual([]);
  else if (told.join("") === "" && !saysGone(row, write)) expect(stateOf(company)).toEqual(smooth.first);
  await company.run();
  expect(stateOf(company)).toEqual(smooth.last);
  company.writes();
  await company.run();
  expect(company.writes()).toEqual([]);
}

/** Nothing was done, and GitLab says that it may be asked again: every write is. */
function isHarmless({ name, passes }: FaultRow): boolean {
  return passes && /^(429|409)/.test(name);
}

/** What is not there cannot be deleted; the next run sees whether it is. */
function saysGone({ name }: FaultRow, { method }: Write): boolean {
  return method === "DELETE" && name.startsWith("404");
}

async function begin({ arrange, dashboard = false }: Write, line: Line): Promise<SmallCompany> {
  const rules = { dashboard, automerge: true, labels: ["deps"], reviewers: ["bot"] };
  const company = await foundSmallCompany(["acme", "brisk"], rules, line);
  await arrange(company);
  return company;
}

/** Everything that people can see, but for names of commits. */
function stateOf({ forge, locked }: SmallCompany) {
  const branches = [...forge.repository.branches.keys()].sort();
  return {
    requests: forge.mergeRequests.map(
      ({ sourceBranch, state, title, notes, labels, reviewers, onTrain }) => ({
        sourceBranch,
        state,
        title,
        notes: notes.map(({ body }) => body),
        labels,
        reviewers,
        onTrain,
      }),
    ),
    branches: branches.map((name) => [name, locked(name), forge.repository.ahead(name, "main").length]),
    commits: forge.repository.ahead("main", "").length,
    issues: forge.issues.map(({ title, state, description }) => ({
      title,
      state,
      description,
    })),
  };
}
