/** One token for many repositories reads more than the people of each may: none of them can make the bot tell what it reads. */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { startGitLab } from "../../../src/simulator/simulator.js";
import { runCli } from "../../cli/run-cli.js";
import { TOKEN } from "../company.js";
import { ACME, buildIn, manifestOf, startGroup, type Group, type RunInGroup } from "../group.js";

/** A group with a project beside it that the token reads, too, and a repository that wants to know about it. */
async function startWithSecret(manifest: string, config = ""): Promise<Group> {
  const group = await startGroup([]);
  group.gitlab.addProject({ path: "secret/tool", id: 77 });
  buildIn(group.gitlab, "secret/tool");
  group.addRepository("platform/one", { manifest, config });
  return group;
}

/** The codes of the errors, and all that GitLab was asked or told about the secret project. */
async function runAndListen(group: Group, options?: RunInGroup) {
  group.asked();
  const { runs } = await group.run(options);
  const errors = runs.flatMap(({ outcome }) =>
    "tended" in outcome ? outcome.tended.errors : outcome.errors,
  );
  const about = group.asked().filter((request) => /secret|\/77\b/.test(request));
  return {
    codes: errors.map(({ code }) => code),
    about,
    messages: errors.map(({ message }) => message).join(),
  };
}

/** Everything that the people of the repository can read. */
function written({ gitlab }: Group, path = "platform/one"): string {
  const { mergeRequests, issues, repository } = gitlab.forge(path);
  const files = [...repository.branches.keys()].map((name) => [...(repository.at(name)?.tree ?? [])]);
  return JSON.stringify([mergeRequests, issues, files]);
}

const REFUSED = ["BUMP_SOURCE_NOT_ALLOWED"];

describe("a project outside of the groups and the namespace is refused", () => {
  test("by its path, without a question about it", async () => {
    const manifest = manifestOf("secret/tool").replace('branch: "main"', 'semver: "^1"');
    const group = await startWithSecret(manifest, "dashboard: true, beyondRange: true");

    const { codes, about, messages } = await runAndListen(group);

    expect({ codes, about }).toEqual({ codes: REFUSED, about: [] });
    expect(messages).toContain("expected one of platform/*");
    expect(group.open("platform/one")).toEqual([]);
    expect(written(group)).not.toContain("canary of secret");
  });

  test("by its id, without a word about what the id leads to", async () => {
    const group = await startWithSecret(manifestOf(77), "dashboard: true");

    const { codes, about } = await runAndListen(group);

    expect({ codes, about }).toEqual({ codes: REFUSED, about: ["GET /projects/77"] });
    expect(group.gitlab.forge("platform/one").issues).toHaveLength(1);
    expect(written(group)).not.toContain("secret");
  });

  test("by a path that it had before", async () => {
    const group = await startWithSecret(manifestOf("platform/tool"));
    group.gitlab.addProject({ path: "secret/moved", id: 90, formerPaths: ["platform/tool"] });
    buildIn(group.gitlab, "secret/moved");

    expect((await runAndListen(group)).codes).toEqual(REFUSED);

    expect(written(group)).not.toContain("secret");
  });

  test("by an entry of the lock, whose archive would be compared", async () => {
    const group = await startWithSecret(ACME);
    await group.run();
    group.mergeAll();
    const { repository } = group.gitlab.forge("platform/one");
    const lock = repository.at("main")?.tree.get("artifacts.lock.json") ?? "";
    const secret = [...group.gitlab.state.jobs.values()].find(({ pipeline }) => pipeline.project.id === 77);
    repository.commit("main", {
      files: {
        "artifacts.lock.json": lock
          .replace(/"projectId": \d+/, '"projectId": 77')
          .replace(/"job": \d+/, `"job": ${secret?.id}`)
          .replace(/projects\/\d+\/jobs\/\d+/, `projects/77/jobs/${secret?.id}`),
      },
    });
    group.build();

    const { codes, about } = await runAndListen(group);

    expect({ codes, about }).toEqual({ codes: REFUSED, about: ["GET /projects/77"] });
    expect(written(group)).not.toContain("canary-of-secret");
  });

  test("on a further target branch", async () => {
    const group = await startWithSecret(ACME, 'targetBranches: ["main", "next"]');
    const { repository } = group.gitlab.forge("platform/one");
    repository.branches.set("next", repository.at("main")?.id ?? "");
    repository.commit("next", { files: { "manifests/acme.ts": manifestOf("secret/tool") } });

    expect(await runAndListen(group)).toMatchObject({ codes: REFUSED, about: [] });
  });

  test("on another instance, whatever its projects are called", async () => {
    const other = await startGitLab();
    other.addProject({ path: "platform/acme", visibility: "public" });
    const group = await startWithSecret(manifestOf("platform/acme", ` gitlab: "${other.url}",`));

    const { codes } = await runAndListen(group);

    expect(codes).toEqual(REFUSED);
    expect(other.requests).toEqual([]);
    await runAndListen(group, { allowed: [`${other.url}/platform/*`] });
    expect(other.requests).not.toEqual([]);
    await other.close();
  });
});

test("the other artifacts of the repository and the other repositories go on", async () => {
  const group = await startWithSecret(manifestOf("secret/tool"));
  const second = ACME.replace('name: "acme"', 'name: "brisk"');
  group.gitlab.forge("platform/one").repository.commit("main", { files: { "manifests/brisk.ts": second } });
  group.addRepository("platform/two");

  await group.run();

  expect(group.open("platform/one").map(({ sourceBranch }) => sourceBranch)).toEqual(["artifacts/brisk"]);
  expect(group.open("platform/two")).toHaveLength(1);
});

test.each([["secret/*"], ["Secret/tool"]])("--source %s allows it, by path and by id", async (pattern) => {
  for (const manifest of [manifestOf("secret/tool"), manifestOf(77)]) {
    const group = await startWithSecret(manifest);

    expect((await runAndListen(group, { allowed: [pattern] })).codes).toEqual([]);

    expect(group.open("platform/one")).toHaveLength(1);
  }
});

test("a project's own namespace is allowed where only projects are named", async () => {
  const group = await startGroup(["platform/one"]);
  group.addRepository("elsewhere/two");

  const { runs } = await group.run({ groups: [], projects: ["platform/one", "elsewhere/two"] });

  expect(group.open("platform/one")).toHaveLength(1);
  expect(group.open("elsewhere/two")).toEqual([]);
  expect(runs).toMatchObject([{ outcome: { tended: { errors: [{ code: REFUSED[0] }] } } }, {}]);
});

test("what one group may know is no concern of another", async () => {
  const group = await startGroup(["platform/one"]);
  group.addRepository("elsewhere/two");

  await group.run({ groups: ["platform", "elsewhere"] });

  expect(group.open("platform/one")).toHaveLength(1);
  expect(group.open("elsewhere/two")).toEqual([]);
});

test("with --source a single project is bound as well, and without it by its token alone", async () => {
  const group = await startWithSecret(manifestOf("secret/tool"));
  const env = { GITLAB_TOKEN: TOKEN, GITLAB_HOST: group.gitlab.url };
  const options = { cwd: mkdtempSync(join(tmpdir(), "bot-")), env };
  const args = ["bump", "--dry-run", "--project", "platform/one"];

  const bound = await runCli([...args, "--source", "vendor/*"], options);
  const free = await runCli(args, options);

  expect(bound.code).toBe(1);
  expect(bound.stderr).toContain("--source secret/tool");
  expect(free).toMatchObject({ code: 0, stdout: expect.stringContaining("would open") });
});
