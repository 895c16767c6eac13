/** What the bot proposes, and what becomes of it when builds and the target branch go on. */
import { expect, test } from "vitest";
import { startCompany, TOKEN } from "./company.js";

test("a newer artifact becomes a merge request, and a second run writes nothing", async () => {
  const { build, run, open, writes, locked, forge } = await startCompany();
  build("acme", "acme 2");

  const { errors } = await run();

  expect(errors).toEqual([]);
  expect(writes()).toEqual(["POST /repository/commits", "POST /merge_requests"]);
  expect(open()).toMatchObject([{ sourceBranch: "artifacts/acme", targetBranch: "main" }]);
  expect(locked("artifacts/acme").artifacts["acme"]?.systems["any"]?.size).toBe("acme 2".length);
  expect(forge.repository.ahead("artifacts/acme", "main")).toHaveLength(1);
  expect((await run()).plan.waiting).toMatchObject([{ why: "up to date" }]);
  expect(writes()).toEqual([]);
});

test("nothing new means no write and no topic", async () => {
  const { run, writes } = await startCompany();

  expect(await run()).toMatchObject({ plan: { actions: [], waiting: [] }, errors: [] });
  expect(writes()).toEqual([]);
});

test("something newer still updates the open merge request in place", async () => {
  const { build, run, open, locked, forge } = await startCompany();
  build("acme", "acme 2");
  await run();
  build("acme", "acme 2.1");

  await run();

  expect(open()).toHaveLength(1);
  expect(locked("artifacts/acme").artifacts["acme"]?.systems["any"]?.size).toBe("acme 2.1".length);
  expect(forge.repository.ahead("artifacts/acme", "main")).toHaveLength(1);
  expect(open()[0]?.description).toContain(
    String(locked("artifacts/acme").artifacts["acme"]?.systems["any"]?.job),
  );
});

test("each merge request holds its own artifact only, and both merge", async () => {
  const company = await startCompany({ tools: ["acme", "brisk"] });
  company.build("acme", "acme 2");
  company.build("brisk", "brisk 2");

  await company.run();

  expect(company.open().map(({ sourceBranch }) => sourceBranch)).toEqual([
    "artifacts/acme",
    "artifacts/brisk",
  ]);
  expect(company.locked("artifacts/acme").artifacts["brisk"]).toEqual(
    company.locked("main").artifacts["brisk"],
  );
  company.mergeByPerson(1);
  company.mergeByPerson(2);
  company.writes();
  await company.run();
  expect(company.open()).toEqual([]);
  expect(company.writes()).toEqual([]);
});

test("a group shares one merge request", async () => {
  const config = 'rules: [{ artifacts: ["*"], group: "tools" }]';
  const { build, run, open, locked } = await startCompany({ tools: ["acme", "brisk"], config });
  build("acme", "acme 2");
  build("brisk", "brisk 2");

  await run();

  expect(open()).toMatchObject([
    { sourceBranch: "artifacts/group.tools", title: "Update 2 artifacts of tools" },
  ]);
  expect(locked("artifacts/group.tools").artifacts["brisk"]?.systems["any"]?.size).toBe("brisk 2".length);
});

test("what a person locked on main is closed with a comment, once, and its branch goes", async () => {
  const { build, run, open, forge, writes } = await startCompany();
  build("acme", "acme 2");
  await run();
  forge.repository.merge("artifacts/acme", "main", "The same by hand");
  writes();

  await run();

  expect(writes()).toEqual([
    "POST /merge_requests/1/notes",
    "PUT /merge_requests/1",
    "DELETE /repository/branches/artifacts%2Facme",
  ]);
  expect(open()).toEqual([]);
  await run();
  expect(writes()).toEqual([]);
});

test("what the bot closed as obsolete is proposed again when it is wanted again", async () => {
  const { build, run, open, forge } = await startCompany();
  const before = forge.repository.at("main")?.tree ?? new Map<string, string>();
  build("acme", "acme 2");
  await run();
  forge.repository.merge("artifacts/acme", "main", "By hand");
  await run();
  forge.repository.commit("main", { files: Object.fromEntries(before), message: "Revert" });

  await run();

  expect(open()).toMatchObject([{ iid: 2 }]);
});

test("a branch that conflicts is made anew on top of main", async () => {
  const { build, run, open, forge, gitlab, locked } = await startCompany();
  gitlab.knobs.mergeabilityChecks = 0;
  build("acme", "acme 2");
  await run();
  const text = forge.repository.at("main")?.tree.get("artifacts.lock.json") ?? "";
  forge.repository.commit("main", {
    files: { "artifacts.lock.json": text.replace(/"size": \d+/, '"size": 7') },
  });
  forge.branchMoved("main", 0);
  const before = forge.repository.merged("artifacts/acme", "main");

  await run();

  expect(open()).toHaveLength(1);
  expect(before).toBeUndefined();
  expect(forge.repository.merged("artifacts/acme", "main")).toBeDefined();
  expect(locked("artifacts/acme").artifacts["acme"]?.systems["any"]?.size).toBe("acme 2".length);
});

test("an artifact that fails leaves its merge request open, and the others go on", async () => {
  const { build, run, open, gitlab } = await startCompany({ tools: ["acme", "brisk"] });
  build("acme", "acme 2");
  await run();
  build("brisk", "brisk 2");
  gitlab.fault({ kind: "not-found", message: "404 Not found", path: "platform%2Facme/pipelines" });

  const { errors } = await run();

  expect(errors).toHaveLength(1);
  expect(open().map(({ sourceBranch }) => sourceBranch)).toEqual(["artifacts/acme", "artifacts/brisk"]);
});

test("an artifact that is no longer declared leaves the lock and the overlay", async () => {
  const { run, open, forge, locked } = await startCompany({ tools: ["acme", "brisk"] });
  forge.repository.commit("main", { files: { "manifests/acme.ts": null } });

  await run();

  expect(open()).toMatchObject([{ title: "Remove acme" }]);
  expect(Object.keys(locked("artifacts/acme").artifacts)).toEqual(["brisk"]);
  expect(forge.repository.at("artifacts/acme")?.tree.has("nix/artifacts/artifacts/acme.json")).toBe(false);
});

test("a dry run plans the same and writes nothing", async () => {
  const { build, run, writes } = await startCompany();
  build("acme", "acme 2");

  expect((await run({ dryRun: true })).plan.actions).toMatchObject([{ kind: "open" }]);
  expect(writes()).toEqual([]);
});

test("the token is in nothing that the bot wrote", async () => {
  const { build, run, forge } = await startCompany();
  build("acme", `acme ${TOKEN.length}`);
  await run();

  const { tree, message } = forge.repository.at("artifacts/acme") ?? { tree: new Map(), message: "" };
  const written = JSON.stringify([[...tree], message, forge.mergeRequests]);
  expect(written).not.toContain("canary");
});
