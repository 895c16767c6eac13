/** What people do to merge requests and branches of the bot, and how it respects that. */
import { expect, test } from "vitest";
import { NOW, startCompany } from "./company.js";

const HOUR = 3_600_000;

test("commits of a person are never overwritten, and that is said once", async () => {
  const { build, run, open, forge, writes } = await startCompany();
  build("acme", "acme 2");
  await run();
  const { id } = forge.repository.commit("artifacts/acme", { files: { "notes.md": "mine" } });
  writes();
  await run();
  expect(writes()).toEqual([]);
  build("acme", "acme 3");

  await run();
  await run();

  expect(forge.headOf("artifacts/acme")).toBe(id);
  expect(writes()).toEqual(["POST /merge_requests/1/notes"]);
  expect(open()[0]?.notes).toMatchObject([{ body: expect.stringContaining("left alone") }]);
});

test("an amended commit of the bot belongs to the person who amended it", async () => {
  const { build, run, forge, clock } = await startCompany();
  build("acme", "acme 2");
  await run();
  const own = forge.repository.at("artifacts/acme");
  if (own === undefined) throw new Error("no branch");
  clock.now = new Date(NOW.getTime() + HOUR);
  const amended = forge.repository.commit("artifacts/acme", {
    files: { "extra.md": "x" },
    message: own.message,
    onto: own.parents[0] ?? "",
    authoredAt: own.authoredAt,
  });
  build("acme", "acme 3");

  await run();

  expect(forge.headOf("artifacts/acme")).toBe(amended.id);
});

test("a merge commit that repeats the bot's message belongs to the person who merged", async () => {
  const { build, run, forge } = await startCompany();
  build("acme", "acme 2");
  await run();
  const message = forge.repository.at("artifacts/acme")?.message ?? "";
  forge.repository.commit("main", { files: { "README.md": "new" } });
  const merged = forge.repository.merge("main", "artifacts/acme", message);
  build("acme", "acme 3");

  await run();

  expect(merged?.parents).toHaveLength(2);
  expect(forge.headOf("artifacts/acme")).toBe(merged?.id);
});

test("a merge request whose marker a person removed is that person's, and so is its branch", async () => {
  const { build, run, open, forge, writes } = await startCompany();
  build("acme", "acme 2");
  await run();
  const [request] = open();
  if (request === undefined) throw new Error("nothing is open");
  request.description = "I take it from here.";
  build("acme", "acme 3");
  const head = forge.headOf("artifacts/acme");
  writes();

  expect((await run()).plan.waiting).toMatchObject([{ why: "branch of a person" }]);
  forge.repository.commit("main", { files: { "manifests/acme.ts": null, "artifacts.lock.json": null } });
  await run();

  expect(writes()).toEqual([]);
  expect(forge.headOf("artifacts/acme")).toBe(head);
});

test("the box in the description has an edited branch made anew", async () => {
  const { build, run, open, forge, writes } = await startCompany();
  build("acme", "acme 2");
  await run();
  forge.repository.commit("artifacts/acme", { files: { "notes.md": "mine" } });
  const [request] = open();
  if (request === undefined) throw new Error("nothing is open");
  request.description = request.description.replace("- [ ]", "- [x]");

  await run();

  expect(forge.repository.at("artifacts/acme")?.tree.has("notes.md")).toBe(false);
  expect(open()[0]?.description).toContain("- [ ]");
  writes();
  await run();
  expect(writes()).toEqual([]);
});

test("what a person closed is not proposed again, something newer is", async () => {
  const { build, run, open, forge, writes } = await startCompany();
  build("acme", "acme 2");
  await run();
  const [request] = open();
  if (request === undefined) throw new Error("nothing is open");
  request.state = "closed";
  writes();

  expect((await run()).plan.waiting).toMatchObject([{ why: "closed by a person" }]);
  expect(writes()).toEqual([]);

  build("acme", "acme 3");
  await run();
  expect(open()).toMatchObject([{ iid: 2, state: "opened" }]);
  expect(forge.mergeRequests).toHaveLength(2);
});

test("what the bot closed as obsolete and a person opened again is a refusal once that person closes it", async () => {
  const company = await startCompany();
  const { build, run, open, forge, writes } = company;
  const before = forge.repository.at("main")?.tree ?? new Map<string, string>();
  build("acme", "acme 2");
  await run();
  const proposed = forge.repository.at("artifacts/acme")?.id ?? "";
  forge.repository.merge("artifacts/acme", "main", "By hand");
  await run();
  forge.repository.commit("main", { files: Object.fromEntries(before), message: "Revert" });
  const [request] = forge.mergeRequests;
  if (request === undefined) throw new Error("nothing was proposed");
  forge.repository.branches.set("artifacts/acme", proposed);
  request.state = "opened";
  writes();
  expect((await run()).applied).toMatchObject([{ outcome: "reopening noted" }]);
  expect(writes()).toEqual(["PUT /merge_requests/1"]);
  await run();
  expect(writes()).toEqual([]);

  request.state = "closed";

  expect((await run()).plan.waiting).toMatchObject([{ why: "closed by a person" }]);
  expect(open()).toEqual([]);
});

test("a merge request with the stop label is left alone", async () => {
  const { build, run, open, writes } = await startCompany();
  build("acme", "acme 2");
  await run();
  const [request] = open();
  if (request === undefined) throw new Error("nothing is open");
  request.labels = ["stop-updating"];
  build("acme", "acme 3");
  writes();

  expect((await run()).plan.waiting).toMatchObject([{ why: "stopped by a label" }]);
  expect(writes()).toEqual([]);
});

test("a person who pushes while the run is at work is quicker, and is not overwritten", async () => {
  const { build, run, forge } = await startCompany({ tools: ["acme", "brisk"] });
  build("acme", "acme 2");
  build("brisk", "brisk 2");
  await run();
  build("acme", "acme 3");
  build("brisk", "brisk 3");
  let mine = "";

  const { errors } = await run({
    seeing: (gitlab) => ({
      ...gitlab,
      get(instance, path, schema, query) {
        if (path.at(-1) === "artifacts/brisk")
          mine = forge.repository.commit("artifacts/brisk", { files: { "notes.md": "mine" } }).id;
        return gitlab.get(instance, path, schema, query);
      },
    }),
  });

  expect(forge.headOf("artifacts/brisk")).toBe(mine);
  expect(errors).toMatchObject([{ code: "BUMP_BRANCH_MOVED" }]);
});
