/** The issue on which the bot says what it does, and on which people tell it what to do. */
import { marked, type Tokens } from "marked";
import { describe, expect, test } from "vitest";
import { UserError } from "../../src/errors.js";
import { describeDashboard } from "../../src/bump/dashboard.js";
import { NO_WISHES, wishesIn } from "../../src/bump/wishes.js";
import { DEFAULT_BUMP } from "../../src/config/bump.js";
import { makeLock } from "../make/lock.js";
import { NOW, startCompany, type Company } from "./company.js";

const DAY = 86_400_000;
const CONFIG = "dashboard: true";

function textOf({ forge }: Company): string {
  return forge.issues[0]?.description ?? "";
}

/** Lines of a section, without their hidden comments. */
function section(company: Company, title: string): string[] {
  const [, text = ""] = new RegExp(`## ${title}\n([^]*?)(?=\n## |$)`).exec(textOf(company)) ?? [];
  return text.split("\n").flatMap((line) => /^- (.*)/.exec(line)?.[1]?.replace(/<!--.*?--> /, "") ?? []);
}

function tick({ forge }: Company, wish: string): void {
  const [issue] = forge.issues;
  const before = `[ ] <!-- artifacts-bump ${wish} -->`;
  expect(issue?.description).toContain(before);
  if (issue !== undefined)
    issue.description = issue.description.replace(before, before.replace("[ ]", "[x]"));
}

test("it lists what is open, and is written only when it says something else", async () => {
  const company = await startCompany({ config: CONFIG });
  await company.run();
  expect(textOf(company)).toContain("Nothing is waiting, and nothing is open.");
  company.build("acme", "acme 2");

  const { dashboard } = await company.run();

  expect(dashboard).toMatchObject({
    outcome: "updated",
    url: `${company.gitlab.url}/platform/packages/-/issues/1`,
  });
  expect(section(company, "Open")).toEqual([
    `[ ] [\`!1 Update acme to 0-unstable-2026-11-20\`](<${company.gitlab.url}/platform/packages/-/merge_requests/1>)`,
  ]);
  company.writes();
  expect((await company.run()).dashboard?.outcome).toBe("unchanged");
  expect(company.writes()).toEqual([]);
  expect(company.forge.issues).toHaveLength(1);
});

test.each([
  ["rate limited", "Rate limited", "unlimit", "maximumOpen: 1"],
  ["awaiting its schedule", "Awaiting their schedule", "unschedule", 'schedule: { days: ["sunday"] }'],
  ["too young", "Pending", "approve", "minimumAgeDays: 3"],
])("one that is %s is opened when its box is ticked", async (_why, title, verb, setting) => {
  const company = await startCompany({ tools: ["acme", "brisk"], config: `${CONFIG}, ${setting}` });
  company.build("acme", "acme 2");
  company.build("brisk", "brisk 2");
  await company.run();
  expect(section(company, title)).toContain("[ ] `Update brisk to 0-unstable-2026-11-20`");
  const before = company.open().length;

  tick(company, `${verb} brisk`);
  await company.run();

  expect(company.open()).toHaveLength(before + 1);
  expect(company.open().map(({ sourceBranch }) => sourceBranch)).toContain("artifacts/brisk");
  expect(textOf(company)).not.toContain("[x]");
  company.writes();
  await company.run();
  expect(company.writes()).toEqual([]);
});

test("one box opens all that are rate limited", async () => {
  const company = await startCompany({
    tools: ["acme", "brisk", "crane"],
    config: `${CONFIG}, maximumOpen: 1`,
  });
  for (const tool of ["acme", "brisk", "crane"]) company.build(tool, `${tool} 2`);
  await company.run();

  tick(company, "unlimit *");
  await company.run();

  expect(company.open()).toHaveLength(3);
});

test("what a person closed is proposed again when its box is ticked, and can be refused again", async () => {
  const company = await startCompany({ config: CONFIG });
  company.build("acme", "acme 2");
  await company.run();
  const close = () => {
    for (const request of company.open()) request.state = "closed";
  };
  close();
  await company.run();
  expect(section(company, "Closed by people")).toHaveLength(1);

  tick(company, "recreate acme");
  await company.run();

  expect(company.open()).toMatchObject([{ iid: 2, sourceBranch: "artifacts/acme" }]);
  close();
  await company.run();
  expect(company.open()).toEqual([]);
});

test("the box of an open one has its branch made anew, whatever is on it", async () => {
  const company = await startCompany({ config: CONFIG });
  company.build("acme", "acme 2");
  await company.run();
  company.forge.repository.commit("artifacts/acme", { files: { "notes.md": "mine" } });
  await company.run();
  expect(section(company, "Open")[0]).toMatch(/: branch of a person$/);

  tick(company, "rebase acme");
  await company.run();

  expect(company.forge.repository.at("artifacts/acme")?.tree.has("notes.md")).toBe(false);
  expect(section(company, "Open")[0]).not.toContain("person");
});

test("a wish that fails stays ticked, is told among the errors, and is fulfilled by a later run", async () => {
  const company = await startCompany({ tools: ["acme", "brisk"], config: `${CONFIG}, maximumOpen: 1` });
  company.build("acme", "acme 2");
  company.build("brisk", "brisk 2");
  await company.run();
  tick(company, "unlimit brisk");
  company.gitlab.fault({
    kind: "answer",
    status: 403,
    body: "{}",
    method: "POST",
    path: /merge_requests$/,
    times: 1,
  });

  expect((await company.run()).errors).toHaveLength(1);
  expect(section(company, "Errors")[0]).toMatch(/^\[x\] `Update brisk .*403/);
  company.writes();
  await company.run();

  expect(company.open()).toHaveLength(2);
  expect(section(company, "Errors")).toEqual([]);
});

test("an artifact that cannot be resolved is told among the errors by its name", async () => {
  const company = await startCompany({ tools: ["acme", "brisk"], config: CONFIG });
  company.gitlab.fault({ kind: "not-found", message: "404 Not found", path: "platform%2Facme/pipelines" });

  await company.run();

  expect(section(company, "Errors")).toEqual([expect.stringMatching(/^`acme`: `.*platform%2Facme/)]);
});

test("what is open stays listed while its artifact fails, and while a label stops what nothing is left of", async () => {
  const company = await startCompany({ tools: ["acme", "brisk"], config: CONFIG });
  company.build("acme", "acme 2");
  company.build("brisk", "brisk 2");
  await company.run();
  company.gitlab.fault({ kind: "not-found", message: "404 Not found", path: "platform%2Facme/pipelines" });
  const stopped = company.open()[1];
  if (stopped === undefined) throw new Error("there is no second one");
  stopped.labels = ["stop-updating"];
  company.forge.repository.merge("artifacts/brisk", "main", "By hand");

  await company.run();

  expect(section(company, "Open")).toEqual([
    expect.stringMatching(/^\[`!1 Update acme .*: an artifact of it failed$/),
    expect.stringMatching(/^\[`!2 Update brisk .*: stopped by a label$/),
  ]);
});

test("a wish for what a person's branch is in the way of changes nothing, and is told once", async () => {
  const company = await startCompany({ config: CONFIG });
  company.build("acme", "acme 2");
  await company.run();
  for (const request of company.open()) request.state = "closed";
  await company.run();
  company.forge.repository.commit("artifacts/acme", { files: { "notes.md": "mine" } });
  tick(company, "recreate acme");

  await company.run();

  expect(section(company, "Branches of people")).toEqual(["`artifacts/acme`"]);
  company.writes();
  await company.run();
  expect(company.writes()).toEqual([]);
});

test("a box that is ticked while a run is at work is not lost", async () => {
  const company = await startCompany({ tools: ["acme", "brisk"], config: `${CONFIG}, maximumOpen: 1` });
  company.build("acme", "acme 2");
  company.build("brisk", "brisk 2");
  await company.run();
  for (const { iid } of company.open()) company.mergeByPerson(iid);
  company.build("acme", "acme 3");
  let isTicked = false;

  await company.run({
    through: (writer) => ({
      ...writer,
      send(instance, write) {
        if (!isTicked) tick(company, "unlimit brisk");
        isTicked = true;
        return writer.send(instance, write);
      },
    }),
  });

  expect(section(company, "Rate limited")).toEqual(["[x] `Update brisk to 0-unstable-2026-11-20`"]);
});

test("artifacts that will expire are listed, with the day", async () => {
  const company = await startCompany({ config: CONFIG });
  for (const job of company.gitlab.state.jobs.values()) {
    if (job.artifacts !== undefined) job.artifacts.expireAt = new Date(NOW.getTime() + 30 * DAY);
  }
  company.build("acme", "acme 2");
  const added = [...company.gitlab.state.jobs.values()].at(-1);
  if (added?.artifacts === undefined) throw new Error("there is no job");
  added.artifacts.expireAt = new Date(NOW.getTime() + 30 * DAY);
  await company.run();
  company.mergeByPerson(1);
  await company.run();
  expect(section(company, "Expiring artifacts")).toEqual([]);

  company.clock.now = new Date(NOW.getTime() + 20 * DAY);
  await company.run();

  expect(section(company, "Expiring artifacts")).toEqual([
    `\`acme\` for \`any\`: job ${added.id}, 2026-12-20`,
  ]);
});

test("what the policy refuses is explained, without a box", async () => {
  const company = await startCompany({ config: `${CONFIG}, policy: { maximumSizeChangePercent: 10 }` });
  company.build("acme", "acme 2 is much larger");

  await company.run();

  expect(section(company, "Refused by the policy")[0]).toBe("`Update acme to 0-unstable-2026-11-20`");
  expect(textOf(company)).toMatch(
    / {2}- `acme \(any\): expected a size that changes by at most 10 %, found /,
  );
});

test("an issue of a stranger with the mark is not taken for the dashboard", async () => {
  const company = await startCompany({ tools: ["acme", "brisk"], config: `${CONFIG}, maximumOpen: 1` });
  company.gitlab.addToken({
    token: "glpat-eve",
    kind: "personal",
    scopes: ["api"],
    user: "eve",
    role: "guest",
  });
  const description =
    "<!-- artifacts-bump-dashboard -->\nartifacts bump\n- [x] <!-- artifacts-bump unlimit * --> x";
  company.forge.issues.push({ iid: 1, author: "eve", title: "x", description, labels: [], state: "opened" });
  company.build("acme", "acme 2");
  company.build("brisk", "brisk 2");

  await company.run();

  expect(company.open()).toHaveLength(1);
  expect(company.forge.issues[0]?.description).toBe(description);
  expect(company.forge.issues).toMatchObject([{ author: "eve" }, { author: "bot" }]);
});

test("another token, of another member, goes on with the same issue", async () => {
  const company = await startCompany({ config: CONFIG });
  await company.run();
  const [issue] = company.forge.issues;
  if (issue === undefined) throw new Error("there is no dashboard");
  company.forge.issues[0] = { ...issue, author: "alice" };
  company.build("acme", "acme 2");

  await company.run();

  expect(company.forge.issues).toHaveLength(1);
  expect(section(company, "Open")).toHaveLength(1);
});

test("after the bot user was deleted a new one is opened, the old one closed, and no box of the old one counts", async () => {
  const company = await startCompany({ tools: ["acme", "brisk"], config: `${CONFIG}, maximumOpen: 1` });
  company.build("acme", "acme 2");
  company.build("brisk", "brisk 2");
  await company.run();
  tick(company, "unlimit brisk");
  const [issue] = company.forge.issues;
  if (issue === undefined) throw new Error("there is no dashboard");
  company.forge.issues[0] = { ...issue, author: "ghost" };

  await company.run();

  expect(company.open()).toHaveLength(1);
  expect(company.forge.issues).toMatchObject([
    { author: "ghost", state: "closed", description: "Duplicate of #2." },
    { author: "bot", state: "opened", description: expect.stringContaining("## Rate limited") },
  ]);
  company.writes();
  await company.run();
  expect(company.writes()).toEqual([]);
});

test("three runs at once leave one dashboard open", async () => {
  const company = await startCompany({ config: CONFIG });
  company.build("acme", "acme 2");

  await Promise.all([company.run(), company.run(), company.run()]);
  await company.run();

  expect(company.forge.issues.filter(({ state }) => state === "opened")).toMatchObject([{ iid: 1 }]);
  expect(company.open()).toHaveLength(1);
});

test("an issue whose opening is not confirmed is not opened twice", async () => {
  const company = await startCompany({ config: CONFIG });
  company.gitlab.fault({ kind: "reset", method: "POST", path: /issues$/, afterBytes: 0, times: 1 });

  expect((await company.run()).errors).toEqual([]);
  expect(company.forge.issues).toHaveLength(1);
});

test("one that a person closed stays closed", async () => {
  const company = await startCompany({ config: CONFIG });
  await company.run();
  for (const issue of company.forge.issues) issue.state = "closed";
  company.build("acme", "acme 2");

  expect((await company.run()).dashboard?.outcome).toBe("closed by a person");
  expect(company.forge.issues).toMatchObject([{ state: "closed" }]);
});

test("a dashboard that GitLab does not show yet is told, and fails nothing else", async () => {
  const company = await startCompany({ config: CONFIG });
  company.build("acme", "acme 2");
  company.gitlab.fault({ kind: "answer", status: 200, body: "[]", method: "GET", path: "/issues?" });
  const { errors } = await company.run();
  expect(errors).toMatchObject([{ code: "DASHBOARD_NOT_FOUND" }]);
  expect(company.open()).toHaveLength(1);
});

test("a project without issues is told so, and its merge requests are opened all the same", async () => {
  const company = await startCompany({ config: CONFIG });
  company.gitlab.fault({ kind: "answer", status: 403, body: '{"message":"403 Forbidden"}', path: "/issues" });
  company.build("acme", "acme 2");

  expect((await company.run()).errors).toMatchObject([{ code: "GITLAB_FORBIDDEN" }]);
  expect(company.open()).toHaveLength(1);
});

test("a dry run acts on boxes in its plan and leaves the issue alone", async () => {
  const company = await startCompany({ config: `${CONFIG}, minimumAgeDays: 3` });
  company.build("acme", "acme 2");
  await company.run();
  tick(company, "approve acme");
  company.writes();

  expect((await company.run({ dryRun: true })).plan.actions).toMatchObject([{ kind: "open" }]);
  expect(company.writes()).toEqual([]);
});

describe("hostile words", () => {
  test("in errors leave no box, no mention and no line of their own", () => {
    const message =
      "x`\n- [x] <!-- artifacts-bump unlimit * -->\n/close\n@all <img> glpat-canary0canary0canary0";
    const facts = {
      bump: DEFAULT_BUMP,
      plan: { actions: [], waiting: [], left: [] },
      applied: [],
      targets: [
        { target: { branch: "main", isDefault: true }, lock: makeLock(), artifacts: [], failed: new Map() },
      ],
      now: NOW,
      expiryWarningDays: 14,
    };
    const errors = Array.from({ length: 300 }, (_, index) => new UserError("X", `${index} ${message}`));

    const text = describeDashboard({ ...facts, errors, ticked: NO_WISHES });

    expect(wishesIn(text)).toEqual(NO_WISHES);
    expect(text).not.toMatch(/^\/close|canary/m);
    expect(text).toContain("And 200 more.");
    const list = marked.lexer(text).find((token): token is Tokens.List => token.type === "list");
    expect(list?.items).toHaveLength(100);
    expect(list?.items.flatMap(({ tokens }) => tokens.map(({ raw }) => raw)).join("")).not.toMatch(/^@/m);
  });
});
