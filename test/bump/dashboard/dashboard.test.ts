/** What the dashboard tells: the issue on which the bot says what it does. */
import { marked, type Tokens } from "marked";
import { describe, expect, test } from "vitest";
import { describeDashboard } from "../../../src/bump/dashboard/dashboard.js";
import { NO_WISHES, wishesIn } from "../../../src/bump/situation/wishes.js";
import { DEFAULT_BUMP } from "../../../src/config/bump.js";
import { UserError } from "../../../src/errors.js";
import { makeLock } from "../../make/lock.js";
import { NOW, startCompany } from "../company.js";
import { CONFIG, section, textOf } from "../read-dashboard.js";

const DAY = 86_400_000;

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
