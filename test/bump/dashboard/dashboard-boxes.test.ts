/** The boxes of the dashboard: people tell the bot what to do. */
import { expect, test } from "vitest";
import { startCompany } from "../company.js";
import { CONFIG, section, textOf, tick } from "../read-dashboard.js";

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

test("a dry run acts on boxes in its plan and leaves the issue alone", async () => {
  const company = await startCompany({ config: `${CONFIG}, minimumAgeDays: 3` });
  company.build("acme", "acme 2");
  await company.run();
  tick(company, "approve acme");
  company.writes();

  expect((await company.run({ dryRun: true })).plan.actions).toMatchObject([{ kind: "open" }]);
  expect(company.writes()).toEqual([]);
});
