import { describe, expect, test } from "vitest";
import type { Company } from "./company.js";
import { NOW, startCompany } from "./company.js";

const DAY = 86_400_000;

async function waitingOf({ run }: Company) {
  return (await run()).plan.waiting.map(({ topic, why }) => [topic.name, why]);
}

test("labels, people, draft and semantic titles are as configured; an unknown person is told and stops nothing", async () => {
  const config =
    'labels: ["deps"], reviewers: ["alice"], assignees: ["alice", "nobody-here"], draft: true, semanticCommits: true';
  const { build, run, open, forge } = await startCompany({ config });
  build("acme", "acme 2");

  const { errors } = await run();

  expect(open()).toMatchObject([
    { labels: ["deps"], reviewers: ["alice"], assignees: ["alice"], removeSourceBranch: true },
  ]);
  expect(open()[0]?.title).toMatch(/^Draft: chore\(deps\): Update acme to 0-unstable-2026-11-20$/);
  expect(forge.repository.at("artifacts/acme")?.message).toMatch(/^chore\(deps\): Update acme/);
  expect(errors).toMatchObject([
    { code: "BUMP_UNKNOWN_USER", message: expect.stringContaining('"nobody-here"') },
  ]);
});

test("each name is asked for once in a run, and an unknown one is told once, however many merge requests it is for", async () => {
  const config = 'reviewers: ["alice", "nobody-here"], assignees: ["alice"]';
  const company = await startCompany({ tools: ["acme", "brisk"], config });
  company.build("acme", "acme 2");
  company.build("brisk", "brisk 2");

  const { errors } = await company.run();

  expect(company.open()).toMatchObject([{ reviewers: ["alice"] }, { reviewers: ["alice"] }]);
  expect(errors).toMatchObject([{ message: expect.stringContaining('"nobody-here"') }]);
  const asked = company.gitlab.requests.filter(({ path }) => path.startsWith("/api/v4/users?"));
  expect(asked).toHaveLength(2);
});

test.each([
  ["squash: true", true],
  ["", false],
])("with { %s } the merge request is squashed when merged: %s", async (config, squash) => {
  const { build, run, open } = await startCompany({ config });
  build("acme", "acme 2");

  await run();

  expect(open()).toMatchObject([{ squash }]);
});

test("a draft that a person has marked as ready stays ready", async () => {
  const { build, run, open } = await startCompany({ config: "draft: true" });
  build("acme", "acme 2");
  await run();
  const [request] = open();
  if (request === undefined) throw new Error("nothing is open");
  request.title = request.title.replace("Draft: ", "");
  build("acme", "acme 3");

  await run();

  expect(open()[0]?.title).toMatch(/^Update acme/);
});

test("an ignored artifact is not proposed", async () => {
  const config = 'rules: [{ artifacts: ["ac*"], ignore: true }]';
  const company = await startCompany({ tools: ["acme", "brisk"], config });
  company.build("acme", "acme 2");
  company.build("brisk", "brisk 2");

  await company.run();

  expect(company.open().map(({ sourceBranch }) => sourceBranch)).toEqual(["artifacts/brisk"]);
});

test("no more merge requests are open than allowed; those that are open are still tended", async () => {
  const company = await startCompany({ tools: ["acme", "brisk"], config: "maximumOpen: 1" });
  company.build("acme", "acme 2");
  company.build("brisk", "brisk 2");
  await company.run();
  company.build("acme", "acme 3");

  expect(await waitingOf(company)).toEqual([["brisk", "too many open"]]);
  expect(company.locked("artifacts/acme").artifacts["acme"]?.systems["any"]?.size).toBe(6);
  expect(company.open()).toHaveLength(1);
});

test("of several, the one of the highest priority is opened first", async () => {
  const config = 'maximumOpen: 1, rules: [{ artifacts: ["brisk"], priority: 5 }]';
  const company = await startCompany({ tools: ["acme", "brisk"], config });
  company.build("acme", "acme 2");
  company.build("brisk", "brisk 2");

  expect(await waitingOf(company)).toEqual([["acme", "too many open"]]);
  expect(company.open()).toMatchObject([{ sourceBranch: "artifacts/brisk" }]);
});

describe("titles are semantic when the commits of people are", () => {
  test.each([
    [["feat: a", "fix(cli): b", "Merge", "chore!: c"], "", true],
    [["feat: a", "Fix b", "Do c"], "", false],
    [["feat: a", "fix: b", "chore: c"], "semanticCommits: false", false],
    [["Fix a"], "semanticCommits: true", true],
    [["Feature: not one of the types", "feat : nor this", "feat:nor this"], "", false],
  ])("%j with { %s }: %s", async (messages, config, isSemantic) => {
    const company = await startCompany({ config });
    const { repository } = company.forge;
    for (let round = 0; round < 20; round += 1)
      for (const message of messages) repository.commit("main", { message, files: {} });
    company.build("acme", "acme 2");

    await company.run();

    expect(company.open()[0]?.title.startsWith("chore(deps): ")).toBe(isSemantic);
    company.writes();
    await company.run();
    expect(company.writes()).toEqual([]);
  });
});

test("no more are opened within an hour than allowed, also when they were merged in between", async () => {
  const company = await startCompany({ tools: ["acme", "brisk"], config: "maximumPerHour: 1" });
  company.build("acme", "acme 2");
  company.build("brisk", "brisk 2");
  await company.run();
  company.mergeByPerson(1);

  expect(await waitingOf(company)).toEqual([["brisk", "too many this hour"]]);
  company.clock.now = new Date(NOW.getTime() + 3_700_000);
  expect(await waitingOf(company)).toEqual([]);
  expect(company.open()).toMatchObject([{ sourceBranch: "artifacts/brisk" }]);
});

test("an artifact that is too young waits, and the older proposal stays as it is", async () => {
  const company = await startCompany({ config: "minimumAgeDays: 2" });
  company.build("acme", "acme 2");
  expect(await waitingOf(company)).toEqual([["acme", "too young"]]);
  company.clock.now = new Date(NOW.getTime() + 2 * DAY);
  await company.run();
  expect(company.open()).toHaveLength(1);
  company.build("acme", "acme 3");
  company.writes();

  expect(await waitingOf(company)).toEqual([["acme", "too young"]]);
  expect(company.writes()).toEqual([]);
});

// 2026-11-20 is a Friday; it is 12:00 in UTC, 13:00 in Berlin and 21:00 in Tokyo.
describe("the schedule", () => {
  test.each([
    ['days: ["friday"]', true],
    ['days: ["saturday", "thursday"]', false],
    ['from: "12:00", to: "12:01"', true],
    ['from: "11:00", to: "12:00"', false],
    ['timeZone: "Europe/Berlin", from: "13:00", to: "14:00"', true],
    ['timeZone: "Asia/Tokyo", from: "12:00", to: "14:00"', false],
    ['from: "20:00", to: "13:00"', true],
    ['days: ["thursday"], from: "20:00", to: "13:00"', true],
    ['days: ["friday"], from: "20:00", to: "13:00"', false],
    ['days: ["saturday"], timeZone: "Pacific/Auckland"', true],
  ])("{ %s } opens now: %s", async (schedule, opens) => {
    const company = await startCompany({ config: `schedule: { ${schedule} }` });
    company.build("acme", "acme 2");

    expect(await waitingOf(company)).toEqual(opens ? [] : [["acme", "outside the schedule"]]);
    expect(company.open()).toHaveLength(opens ? 1 : 0);
  });
});

test("a group waits for the schedules of all its artifacts, and takes milestone and squash from the first that has them", async () => {
  const config = `rules: [
    { artifacts: ["*"], group: "tools" },
    { artifacts: ["brisk"], schedule: { days: ["saturday"] }, squash: true, milestone: "Next" },
  ]`;
  const company = await startCompany({ tools: ["acme", "brisk"], config });
  company.forge.milestones.push({ id: 7, title: "Next", state: "active", ofGroup: false });
  company.build("acme", "acme 2");
  company.build("brisk", "brisk 2");

  expect(await waitingOf(company)).toEqual([["group.tools", "outside the schedule"]]);
  company.clock.now = new Date(NOW.getTime() + DAY);
  await company.run();
  expect(company.open()).toMatchObject([{ squash: true, milestone: { title: "Next" } }]);
});

describe("with rebase", () => {
  test.each([
    ["behind", true],
    ["conflicted", false],
  ])("%s, a branch that is only behind is made anew: %s", async (rebase, anew) => {
    const company = await startCompany({ config: `rebase: "${rebase}"` });
    company.build("acme", "acme 2");
    await company.run();
    const before = company.forge.headOf("artifacts/acme");
    const { id } = company.forge.repository.commit("main", { files: { "other.md": "x" } });

    await company.run();

    expect(company.forge.headOf("artifacts/acme") !== before).toBe(anew);
    expect(company.forge.repository.at("artifacts/acme")?.parents[0] === id).toBe(anew);
    company.writes();
    await company.run();
    expect(company.writes()).toEqual([]);
  });
});
