/** Several target branches in one project: each has its own manifests and lock, and merge requests of its own. */
import { describe, expect, test } from "vitest";
import { markerOf } from "../../src/bump/situation/marker.js";
import { branchFor, targetIn } from "../../src/bump/renew/target.js";
import { startCompany, type Company } from "./company.js";
import { killedAfter } from "./killed.js";

const BOTH = 'targetBranches: ["main", "release/*"]';

/** A release branch begins where main is now. */
function release({ forge }: Company, name: string): void {
  forge.repository.branches.set(name, forge.headOf("main") ?? "");
}

function sourcesOf(company: Company): string[] {
  return company.open().map(({ sourceBranch, targetBranch }) => `${sourceBranch} → ${targetBranch}`);
}

test("each target gets a merge request of its own, and a second run writes nothing", async () => {
  const company = await startCompany({ config: BOTH });
  release(company, "release/1.0");
  release(company, "unrelated");
  company.build("acme", "acme 2");

  const { errors } = await company.run();

  expect(errors).toEqual([]);
  expect(sourcesOf(company)).toEqual(["artifacts/acme → main", "artifacts/acme@release/1.0 → release/1.0"]);
  expect(company.open().map(({ title }) => title)).toEqual([
    "Update acme to 0-unstable-2026-11-20",
    "Update acme to 0-unstable-2026-11-20 (release-1.0)",
  ]);
  expect(company.open().map(({ description }) => markerOf(description)?.target)).toEqual([
    "main",
    "release/1.0",
  ]);
  expect(company.forge.repository.ahead("artifacts/acme@release/1.0", "release/1.0")).toHaveLength(1);
  company.writes();
  expect((await company.run()).plan.waiting.map(({ why }) => why)).toEqual(["up to date", "up to date"]);
  expect(company.writes()).toEqual([]);
});

test("the default branch is a target only when it is named, and its configuration decides all the same", async () => {
  const company = await startCompany({ config: 'targetBranches: ["stable"], labels: ["deps"]' });
  release(company, "stable");
  company.forge.repository.commit("stable", {
    files: {
      "artifacts.config.ts": `import { defineConfig } from "nix-artifacts";
export default defineConfig({ gitlab: "${company.gitlab.url}", bump: { labels: ["others"] } });
`,
    },
  });
  company.build("acme", "acme 2");

  await company.run();

  expect(sourcesOf(company)).toEqual(["artifacts/acme@stable → stable"]);
  expect(company.open()[0]?.labels).toEqual(["deps"]);
});

test("what one target has already is no concern of the other", async () => {
  const company = await startCompany({ config: BOTH });
  release(company, "release/1.0");
  company.build("acme", "acme 2");
  await company.run();
  company.mergeByPerson(1);

  await company.run();

  expect(sourcesOf(company)).toEqual(["artifacts/acme@release/1.0 → release/1.0"]);
  expect(company.locked("main")).not.toEqual(company.locked("release/1.0"));
});

test("a target has the manifests, the paths and the lock of its own branch", async () => {
  const company = await startCompany({ tools: ["acme", "brisk"], config: BOTH });
  release(company, "release/1.0");
  const { repository } = company.forge;
  const old = repository.at("release/1.0")?.tree.get("artifacts.lock.json") ?? "";
  repository.commit("release/1.0", {
    files: {
      "artifacts.config.ts": `import { defineConfig } from "nix-artifacts";
export default defineConfig({ gitlab: "${company.gitlab.url}", lock: "pins.json" });
`,
      "pins.json": old,
      "artifacts.lock.json": null,
      "manifests/brisk.ts": null,
    },
  });
  company.build("acme", "acme 2");
  company.build("brisk", "brisk 2");

  await company.run();

  expect(sourcesOf(company)).toEqual([
    "artifacts/acme → main",
    "artifacts/brisk → main",
    "artifacts/acme@release/1.0 → release/1.0",
    "artifacts/brisk@release/1.0 → release/1.0",
  ]);
  expect(company.open()[3]?.title).toBe("Remove brisk (release-1.0)");
  expect(repository.at("artifacts/acme@release/1.0")?.tree.has("artifacts.lock.json")).toBe(false);
});

test("limits and refusals count as people expect: for the project, and for one target", async () => {
  const company = await startCompany({ config: `${BOTH}, maximumOpen: 1` });
  release(company, "release/1.0");
  company.build("acme", "acme 2");

  expect((await company.run()).plan.waiting).toMatchObject([
    { topic: { target: "release/1.0" }, why: "too many open" },
  ]);
  const [request] = company.open();
  if (request !== undefined) request.state = "closed";
  const { plan } = await company.run();

  expect(plan.waiting).toMatchObject([{ topic: { target: "main" }, why: "closed by a person" }]);
  expect(sourcesOf(company)).toEqual(["artifacts/acme@release/1.0 → release/1.0"]);
});

test("a rule may be about some targets only", async () => {
  const company = await startCompany({
    config: `${BOTH}, rules: [{ artifacts: ["*"], targets: ["release/*"], labels: ["backport"] }, { artifacts: ["brisk"], targets: ["release/*"], ignore: true }]`,
    tools: ["acme", "brisk"],
  });
  release(company, "release/1.0");
  company.build("acme", "acme 2");
  company.build("brisk", "brisk 2");

  await company.run();

  expect(company.open().map(({ sourceBranch, labels }) => [sourceBranch, labels])).toEqual([
    ["artifacts/acme", []],
    ["artifacts/brisk", []],
    ["artifacts/acme@release/1.0", ["backport"]],
  ]);
});

test("a merge request that a person gave another target is left alone, and that is said", async () => {
  const company = await startCompany({ config: "dashboard: true" });
  release(company, "develop");
  company.build("acme", "acme 2");
  await company.run();
  const [request] = company.open();
  if (request === undefined) throw new Error("nothing is open");
  request.targetBranch = "develop";
  company.build("acme", "acme 3");
  const head = company.forge.headOf("artifacts/acme");

  const { plan } = await company.run();

  expect(plan).toMatchObject({ actions: [], waiting: [{ why: "has another target", request: { iid: 1 } }] });
  expect(company.forge.issues[0]?.description).toMatch(/`!1 Update acme .*: has another target$/m);
  expect(company.forge.headOf("artifacts/acme")).toBe(head);
  company.forge.repository.commit("main", {
    files: { "manifests/acme.ts": null, "artifacts.lock.json": null },
  });
  await company.run();
  expect(sourcesOf(company)).toEqual(["artifacts/acme → develop"]);
  expect(company.forge.headOf("artifacts/acme")).toBe(head);
});

test("a target that cannot be read is told, its merge requests stay, and the others go on", async () => {
  const company = await startCompany({ config: BOTH });
  release(company, "release/1.0");
  company.build("acme", "acme 2");
  await company.run();
  company.forge.repository.commit("release/1.0", { files: { "manifests/acme.ts": "const = " } });
  company.build("acme", "acme 3");
  company.writes();

  const { errors } = await company.run();

  expect(errors.map(({ message }) => message)).toEqual([expect.stringMatching(/^release\/1\.0: /)]);
  expect(sourcesOf(company)).toHaveLength(2);
  expect(company.writes()).toEqual(["POST /repository/commits", "PUT /merge_requests/1"]);
});

test("whatever change a run is killed after, the next one finishes the work for every target", async () => {
  const writesUntil = async (killed: number): Promise<string[]> => {
    const company = await startCompany({ config: BOTH });
    release(company, "release/1.0");
    company.build("acme", "acme 2");
    company.writes();
    await company.run({ through: killedAfter(killed) }).catch(() => undefined);
    const done = company.writes().length;

    await company.run();

    expect(done).toBe(killed);
    expect(sourcesOf(company)).toEqual(["artifacts/acme → main", "artifacts/acme@release/1.0 → release/1.0"]);
    for (const { sourceBranch, targetBranch } of company.forge.mergeRequests)
      expect(company.forge.repository.ahead(sourceBranch, targetBranch)).toHaveLength(1);
    return [...company.writes()];
  };

  expect((await Promise.all([1, 2, 3].map(writesUntil))).map(({ length }) => length)).toEqual([3, 2, 1]);
});

test("the dashboard lists what is open for a target that cannot be read, and says why it stays as it is", async () => {
  const company = await startCompany({ config: `${BOTH}, dashboard: true` });
  release(company, "release/1.0");
  release(company, "release/1.1");
  company.build("acme", "acme 2");
  await company.run();
  company.forge.repository.commit("release/1.0", { files: { "manifests/acme.ts": "const = " } });

  await company.run();

  const text = company.forge.issues[0]?.description;
  expect(text).toMatch(/### `release\/1\.0`\n\n- \[`!2 .*: its target could not be read$/m);
  expect(text).toMatch(/## Errors\n[^#]*`release\/1\.0: /);
});

test("an artifact that fails on one target is told with that target, and goes on for the other", async () => {
  const company = await startCompany({ config: BOTH });
  release(company, "release/1.0");
  const { repository } = company.forge;
  const manifest = repository.at("release/1.0")?.tree.get("manifests/acme.ts") ?? "";
  repository.commit("release/1.0", {
    files: { "manifests/acme.ts": manifest.replace("platform/acme", "platform/gone") },
  });
  company.build("acme", "acme 2");

  const { errors, targets } = await company.run();

  expect(errors.map(({ message }) => message)).toEqual([
    expect.stringMatching(/^release\/1\.0: .*platform%2Fgone/),
  ]);
  expect(targets.map(({ failed }) => [...failed])).toEqual([[], [["acme", errors]]]);
  expect(sourcesOf(company)).toEqual(["artifacts/acme → main"]);
});

test("a target that is named and not there is an error, and a target that is no longer named is tidied up", async () => {
  const company = await startCompany({ config: 'targetBranches: ["main", "next"]' });
  expect((await company.run()).errors).toMatchObject([{ message: expect.stringMatching(/^next: /) }]);
  release(company, "next");
  company.build("acme", "acme 2");
  await company.run();
  expect(sourcesOf(company)).toHaveLength(2);
  const config = company.forge.repository.at("main")?.tree.get("artifacts.config.ts") ?? "";
  company.forge.repository.commit("main", {
    files: { "artifacts.config.ts": config.replace(', "next"', "") },
  });

  await company.run();

  expect(sourcesOf(company)).toEqual(["artifacts/acme → main"]);
  expect(company.forge.headOf("artifacts/acme@next")).toBeUndefined();
});

describe("questions that targets share are asked once", () => {
  test("what the manifests mean, the branches and the merge requests; and bytes are downloaded once", async () => {
    const company = await startCompany({ config: BOTH });
    for (const name of ["release/1.0", "release/1.1", "release/2.0"]) {
      release(company, name);
      company.forge.repository.commit(name, { files: { "VERSION.md": name } });
    }
    release(company, "release/2.1"); // at the same commit as main
    company.build("acme", "acme 2");
    let seen = company.gitlab.requests.length;
    const asked = () => {
      const counts = new Map<string, number>();
      for (const { method, path } of company.gitlab.requests.slice(seen)) {
        const key = `${method} ${path}`;
        counts.set(key, (counts.get(key) ?? 0) + 1);
      }
      seen = company.gitlab.requests.length;
      return counts;
    };
    await company.run();
    const ofSources = [...asked()].filter(([path]) => path.includes("/artifacts/"));
    expect(new Set(ofSources.map(([, count]) => count))).toEqual(new Set([1]));

    await company.run();

    const counts = asked();
    expect(Math.max(...counts.values())).toBe(1);
    const own = [...counts.keys()].filter((path) => path.includes("%2Fpackages"));
    // Each target: its head and three folders. Once: the project, the pattern, our branches, what is open, the latest commits.
    expect(own.filter((path) => !path.includes("/files/"))).toHaveLength(4 * 4 + 1 + 5);
  });
});

test("the dashboard lists by target, and a box is about one of them", async () => {
  const company = await startCompany({ config: `${BOTH}, dashboard: true, minimumAgeDays: 3` });
  release(company, "release/1.0");
  company.build("acme", "acme 2");
  await company.run();
  const [issue] = company.forge.issues;
  if (issue === undefined) throw new Error("there is no dashboard");
  expect(issue.description).toMatch(/## Pending\n[^#]*### `main`\n\n- .*\n\n### `release\/1\.0`\n\n- .*/);
  const box = "[ ] <!-- artifacts-bump approve acme@release%2F1.0 -->";
  expect(issue.description).toContain(box);
  issue.description = issue.description.replace(box, box.replace("[ ]", "[x]"));

  await company.run();

  expect(sourcesOf(company)).toEqual(["artifacts/acme@release/1.0 → release/1.0"]);
});

test.each([
  ["the default branch", { branch: "main", isDefault: true }, "artifacts/acme"],
  ["any other", { branch: "release/1.0", isDefault: false }, "artifacts/acme@release/1.0"],
  ["one with an @", { branch: "a@b", isDefault: false }, "artifacts/acme@a@b"],
])("a branch for %s says so in its name", (_, target, name) => {
  expect(branchFor("acme", target)).toBe(name);
  expect(targetIn(name, "main")).toBe(target.branch);
});
