/** The bot in many projects at once: which take part, and that each is tended as if it were alone. */
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { XMLParser } from "fast-xml-parser";
import { expect, test } from "vitest";
import type { ManyTended } from "../../src/bump/bump-many.js";
import { runCli } from "../cli/run-cli.js";
import { TOKEN } from "./company.js";
import { ACME, startGroup, type Group } from "./group.js";

function sourcesIn(group: Group, path: string): string[] {
  return group.open(path).map(({ sourceBranch }) => sourceBranch);
}

function failuresOf({ runs }: ManyTended): [string, string[]][] {
  return runs.flatMap(({ project, outcome }) => {
    const errors = "tended" in outcome ? outcome.tended.errors : outcome.errors;
    return errors.length === 0 ? [] : [[project, errors.map(({ code }) => code)]];
  });
}

test("every project of a group that has artifacts gets merge requests of its own, by its own rules", async () => {
  const group = await startGroup(["platform/one", "platform/sub/two"]);
  group.addRepository("platform/three", { config: 'labels: ["deps"]' });
  group.addRepository("elsewhere/four");

  expect(failuresOf(await group.run())).toEqual([]);

  expect(sourcesIn(group, "platform/one")).toEqual(["artifacts/acme"]);
  expect(sourcesIn(group, "platform/sub/two")).toEqual(["artifacts/acme"]);
  expect(group.open("platform/three").map(({ labels }) => labels)).toEqual([["deps"]]);
  expect(sourcesIn(group, "elsewhere/four")).toEqual([]);
  group.asked();
  expect((await group.run()).runs.map(({ project }) => project)).toEqual([
    "platform/one",
    "platform/sub/two",
    "platform/three",
  ]);
  const changes = group.asked().filter((request) => !/^GET |^POST \/api\/graphql/.test(request));
  expect(changes).toEqual([]);
});

test("what takes no part is skipped and said; a lock or a configuration is enough, and a name is, too", async () => {
  const group = await startGroup([]);
  const { gitlab } = group;
  const files = { "artifacts.lock.json": '{ "version": 1, "artifacts": {} }\n' };
  for (const [path, settings] of [
    ["platform/locked", {}],
    ["platform/old", { archived: true }],
    ["platform/quiet", { mergeRequests: false }],
    ["platform/new", { emptyRepository: true }],
  ] as const) {
    gitlab.addProject({ path, ...settings });
    gitlab.forge(path).repository.commit("main", { files });
  }
  gitlab.addProject({ path: "platform/website" });
  gitlab.forge("platform/website").repository.commit("main", { files: { "manifests/README.md": "" } });
  gitlab.addProject({ path: "elsewhere/plain" });
  gitlab.forge("elsewhere/plain").repository.commit("main", { files: { "README.md": "" } });

  const done = await group.run({ projects: ["elsewhere/plain"] });

  expect(failuresOf(done)).toEqual([
    ["elsewhere/plain", ["MANIFESTS_MISSING"]],
    ["platform/locked", ["MANIFESTS_MISSING"]],
  ]);
  expect(done.skipped).toEqual([
    { project: "platform/acme", why: "without artifacts" },
    { project: "platform/old", why: "archived" },
    { project: "platform/quiet", why: "without merge requests" },
    { project: "platform/new", why: "without commits" },
    { project: "platform/website", why: "without artifacts" },
  ]);
});

test("a project that is named in several ways is tended once", async () => {
  const group = await startGroup(["platform/sub/two"]);

  const { runs } = await group.run({
    groups: ["platform", "platform/sub"],
    projects: ["platform/sub/two", group.gitlab.state.projectAt("platform/sub/two").id],
  });

  expect(runs.map(({ project }) => project)).toEqual(["platform/sub/two"]);
});

test("what fails in one project or group is told, and is felt in no other", async () => {
  const group = await startGroup(["platform/one", "platform/unread", "platform/two"]);
  group.addRepository("platform/broken", { manifest: "const = " });
  group.addRepository("platform/gone", { manifest: ACME.replace('"build"', '"bild"') });
  const { id } = group.gitlab.state.projectAt("platform/unread");
  for (let attempt = 0; attempt < 2; attempt++)
    group.gitlab.fault({ kind: "unavailable", path: `/projects/${id}/repository/tree` });

  const done = await group.run({ groups: ["nobody", "platform"], projects: ["platform/missing"] });

  expect(failuresOf(done)).toEqual([
    ["platform/broken", ["MANIFEST_SYNTAX"]],
    ["platform/gone", ["RESOLVE_NO_JOB"]],
    ["platform/missing", ["GITLAB_PROJECT_NOT_FOUND"]],
    ["platform/unread", ["GITLAB_UNAVAILABLE"]],
  ]);
  expect(done.errors.map(({ message }) => message)).toEqual([expect.stringContaining("/groups/nobody/")]);
  expect(sourcesIn(group, "platform/one")).toEqual(["artifacts/acme"]);
  expect(sourcesIn(group, "platform/two")).toEqual(["artifacts/acme"]);
});

test("a group of more projects than one run looks at is an error, before they are all listed", async () => {
  const group = await startGroup(["elsewhere/four"]);
  for (let index = 0; index < 2300; index++) group.gitlab.addProject({ path: `platform/p${index}` });
  group.asked();

  const { errors, runs } = await group.run({ groups: ["platform"], projects: ["elsewhere/four"] });

  expect(errors).toMatchObject([{ code: "BUMP_TOO_MANY_PROJECTS" }]);
  expect(group.asked().filter((request) => request.includes("/groups/"))).toHaveLength(21);
  expect(runs.map(({ project }) => project)).toEqual(["elsewhere/four"]);
});

test("a project with nothing to do costs as much as alone and one request, one without artifacts costs one", async () => {
  const group = await startGroup(["platform/one", "platform/two", "platform/three"]);
  await group.run();
  group.mergeAll();
  const cost = async () => {
    group.asked();
    await group.run();
    const asked = group.asked();
    // Where a project of the group is now is known from the group.
    expect(asked.filter((request) => /^GET \/projects\/[^/]+$/.test(request))).toEqual([]);
    return asked.length;
  };
  const before = await cost();
  group.gitlab.addProject({ path: "platform/website" });
  group.gitlab.forge("platform/website").repository.commit("main", { files: { "README.md": "" } });
  expect((await cost()) - before).toBe(1);
  group.addRepository("platform/four");
  await group.run();
  group.mergeAll();

  const files = [
    "artifacts.config.ts",
    "artifacts.lock.json",
    "manifests/acme.ts",
    "manifests/nix-artifacts.d.ts",
  ];
  // The website; whether it takes part; head and three folders; our branches and what is open.
  expect((await cost()) - before).toBe(1 + 1 + 4 + 2 + files.length);
});

test("the command tells by project what was done, as text, as data and as a report", async () => {
  const group = await startGroup(["platform/one"]);
  group.addRepository("platform/broken", { manifest: "const = " });
  const cwd = mkdtempSync(join(tmpdir(), "bot-"));
  const options = { cwd, env: { GITLAB_TOKEN: TOKEN, GITLAB_HOST: group.gitlab.url } };

  const plain = await runCli(["bump", "--dry-run", "--group", "platform"], options);
  const done = await runCli(["bump", "--json", "--group", "platform", "--junit", "report.xml"], options);

  expect(plain.code).toBe(1);
  expect(plain.stdout).toBe(`platform/broken
  nothing could be begun
platform/one
  would open  artifacts/acme  Add acme to 0-unstable-2026-11-20
skipped: 1 without artifacts
`);
  expect(plain.stderr).toContain("platform/broken: ");
  expect(done.code).toBe(1);
  expect(JSON.parse(done.stdout)).toMatchObject({
    dryRun: false,
    projects: [
      { project: "platform/broken", errors: [{ code: "MANIFEST_SYNTAX" }] },
      { project: "platform/one", actions: [{ kind: "open", outcome: "opened" }], errors: [] },
    ],
    skipped: [{ project: "platform/acme", why: "without artifacts" }],
    errors: [{ code: "MANIFEST_SYNTAX" }],
  });
  const report: unknown = new XMLParser({ ignoreAttributes: false, attributeNamePrefix: "@" }).parse(
    readFileSync(join(cwd, "report.xml"), "utf8"),
  );
  expect(report).toMatchObject({
    testsuites: {
      "@tests": "2",
      "@failures": "1",
      testsuite: [
        {
          "@name": "artifacts bump: platform/broken",
          testcase: { failure: { "@message": expect.any(String) } },
        },
        {
          "@name": "artifacts bump: platform/one",
          testcase: { "@name": "acme", "@classname": "platform/one" },
        },
      ],
    },
  });
  expect(done.stdout + done.stderr + plain.stderr).not.toContain("canary0canary");
});

test.each(["42", "platform/"])("--group %j is refused before anything is asked", async (name) => {
  const options = { cwd: mkdtempSync(join(tmpdir(), "bot-")), env: { GITLAB_HOST: "127.0.0.1:9" } };

  const { code, stderr } = await runCli(["bump", "--group", name], options);

  expect(code).toBe(2);
  expect(stderr).toContain("the full path of a group");
});
