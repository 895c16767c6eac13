/** Everything that can go wrong with a write of the bot: it is sent again where that is safe, or told, and nothing is done twice. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { FaultRow } from "../faults/fault-row.js";
import { FAULTS } from "../faults/faults.js";
import { TOKEN, PROJECT } from "./company.js";
import { foundSmallCompany, openLine, type Line, type SmallCompany } from "./small-company.js";

/** A write, and what makes the bot want it. The tools are acme and brisk, both locked and both followed. */
interface Write {
  readonly name: string;
  readonly method: string;
  readonly path: string | RegExp;
  readonly arrange: (company: SmallCompany) => Promise<void> | void;
  /** Whether the dashboard is kept. */
  readonly dashboard?: boolean;
}

const open = async (company: SmallCompany) => {
  company.newest.set("acme", 2);
  await company.run();
};

const lockByHand = async (company: SmallCompany) => {
  await open(company);
  company.forge.repository.merge("artifacts/acme", "main", "By hand");
};

const BRANCH = "artifacts/acme";
const WRITES: readonly Write[] = [
  {
    name: "the commit of a new branch",
    method: "POST",
    path: "repository/commits",
    arrange: ({ newest }) => void newest.set("acme", 2),
  },
  {
    name: "the commit that replaces another",
    method: "POST",
    path: "repository/commits",
    async arrange(company) {
      await open(company);
      company.newest.set("acme", 3);
    },
  },
  {
    name: "a new merge request, with labels and people",
    method: "POST",
    path: /merge_requests$/,
    arrange: ({ newest }) => void newest.set("acme", 2),
  },
  {
    name: "a changed merge request",
    method: "PUT",
    path: /merge_requests\/1$/,
    async arrange(company) {
      await open(company);
      company.newest.set("acme", 3);
    },
  },
  { name: "a closed merge request", method: "PUT", path: /merge_requests\/1$/, arrange: lockByHand },
  { name: "the comment on what is closed", method: "POST", path: "/notes", arrange: lockByHand },
  { name: "the deletion of a branch", method: "DELETE", path: "repository/branches", arrange: lockByHand },
  {
    name: "the comment on what a person edited",
    method: "POST",
    path: "/notes",
    async arrange(company) {
      await open(company);
      company.forge.repository.commit(BRANCH, { files: { "notes.md": "mine" } });
      company.newest.set("acme", 3);
    },
  },
  {
    name: "an automatic merge",
    method: "PUT",
    path: /merge_requests\/1\/merge$/,
    async arrange(company) {
      await open(company);
      const sha = company.forge.headOf(BRANCH) ?? "";
      company.state.addPipeline(PROJECT, { ref: BRANCH, sha, status: "success" });
    },
  },
  {
    name: "a merge request for the merge train",
    method: "POST",
    path: "merge_trains",
    async arrange(company) {
      company.forge.project.mergeTrains = true;
      await open(company);
      const sha = company.forge.headOf(BRANCH) ?? "";
      company.state.addPipeline(PROJECT, { ref: BRANCH, sha, status: "success" });
    },
  },
  {
    name: "a new dashboard",
    method: "POST",
    path: /issues$/,
    dashboard: true,
    arrange: ({ newest }) => void newest.set("acme", 2),
  },
  {
    name: "a changed dashboard",
    method: "PUT",
    path: /issues\/1$/,
    dashboard: true,
    async arrange(company) {
      await open(company);
      company.newest.set("brisk", 2);
    },
  },
];

let line: Line;
beforeAll(async () => void (line = await openLine()));
afterAll(() => line.close());

/** Nothing listens there: no redirect of a write is followed. */
const ELSEWHERE = { otherUrl: "http://127.0.0.1:9", secureUrl: "https://127.0.0.1:9" };

const ROWS = FAULTS.filter(({ spoils }) => spoils !== "bytes");

describe.each(WRITES)("$name", (write) => {
  const smooth = once(async () => {
    const company = await begin(write);
    await company.run();
    const first = stateOf(company);
    await company.run();
    return { first, last: stateOf(company) };
  });

  test.each(ROWS)("is done once, or told and done by the next run: $name", async (row) => {
    const expected = await smooth();
    const company = await begin(write);
    const kind = typeof row.kind === "function" ? row.kind(ELSEWHERE) : row.kind;
    company.faults.add({ ...kind, method: write.method, path: write.path, times: 1 });

    const { errors, applied } = await company.run();

    const told = [...errors.map(({ message }) => message), ...applied.map(({ detail }) => detail ?? "")];
    expect(told.join("\n")).not.toContain(TOKEN);
    if (isHarmless(row)) expect(errors).toEqual([]);
    else if (told.join("") === "" && !saysGone(row, write)) expect(stateOf(company)).toEqual(expected.first);
    await company.run();
    expect(stateOf(company)).toEqual(expected.last);
    company.writes();
    await company.run();
    expect(company.writes()).toEqual([]);
  });
});

/** Nothing was done, and GitLab says that it may be asked again: every write is. */
function isHarmless({ name, passes }: FaultRow): boolean {
  return passes && /^(429|409)/.test(name);
}

/** What is not there cannot be deleted; the next run sees whether it is. */
function saysGone({ name }: FaultRow, { method }: Write): boolean {
  return method === "DELETE" && name.startsWith("404");
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}

async function begin({ arrange, dashboard = false }: Write): Promise<SmallCompany> {
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
