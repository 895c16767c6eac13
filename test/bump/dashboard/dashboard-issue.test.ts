/** The issue that is the dashboard: found again, trusted only with reason, and one of its kind. */
import { expect, test } from "vitest";
import { NOW, startCompany } from "../company.js";
import { CONFIG, section, tick } from "../read-dashboard.js";

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
  const issue = { iid: 1, author: "eve", title: "x", description, labels: [], createdAt: NOW };
  company.forge.issues.push({ ...issue, state: "opened" });
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
