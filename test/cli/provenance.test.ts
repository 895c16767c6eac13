import { createHash } from "node:crypto";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { parseLock } from "../../src/lock/read.js";
import { startGitLab, type EmbeddedGitLab } from "../../src/simulator/simulator.js";
import { makeRepository } from "./repository.js";
import { runCli } from "./run-cli.js";

const TOKEN = "glpat-provenance00000000";
const LOCK = "artifacts.lock.json";

let gitlab: EmbeddedGitLab;
let repository: string;

beforeEach(async () => {
  gitlab = await startGitLab();
  gitlab.addToken({ token: TOKEN, kind: "personal", scopes: ["read_api"] });
  gitlab.addProject({ path: "platform/acme", protectedRefs: ["main"] });
  gitlab.forge("platform/acme").repository.commit("main", { files: { README: "acme\n" } });
  repository = makeRepository({ gitlab: gitlab.url });
});

afterEach(() => gitlab.close());

test("lock says who wrote what behind the bytes, and show has links to it", async () => {
  const first = build("1", { commitTitle: "Begin" });
  await cli("lock");
  const second = build("2", { commitTitle: "Speak\u001b[31m up\u202e", authoredAt: "2026-11-01T10:00:00Z" });
  await cli("lock");
  const lock = read();
  await cli("lock");

  expect(entry().provenance).toEqual({
    commitTitle: "Speak [31m up",
    authoredAt: "2026-11-01T10:00:00.000Z",
    refProtected: true,
    previousCommit: first.sha,
  });
  expect(read()).toBe(lock);
  const page = `${gitlab.url}/platform/acme/-`;
  const people = (await cli("show")).stdout;
  expect(people).toContain(`main (protected) at ${second.sha}`);
  expect(people).toContain("Speak [31m up");
  const links = {
    commit: `${page}/commit/${second.sha}`,
    pipeline: `${page}/pipelines/${second.id}`,
    job: `${page}/jobs/${second.jobs[0]?.id}`,
    compare: `${page}/compare/${first.sha}...${second.sha}`,
  };
  expect(JSON.parse((await cli("show", "--json")).stdout)).toMatchObject({ links: { acme: { any: links } } });
  expect(people).toContain(links.compare);
});

test("a job that ran again keeps the comparison with the commit before", async () => {
  const { sha } = build("1");
  await cli("lock");
  const second = build("2");
  await cli("lock");
  build("3", { sha: second.sha });
  await cli("lock");

  expect(entry().provenance?.previousCommit).toBe(sha);
});

test("a lock of before is filled in, once and without a download", async () => {
  build("1");
  await cli("lock");
  const complete = read();
  const { provenance: _, ...old } = entry();
  const lock = { version: 1, artifacts: { acme: { ...artifact(), systems: { any: old } } } };
  writeFileSync(join(repository, LOCK), JSON.stringify(lock));
  const asked = gitlab.requests.length;

  const { stdout } = await cli("lock");

  expect(read()).toBe(complete);
  expect(stdout).toContain("nothing changed");
  expect(gitlab.requests.slice(asked).filter(({ path }) => path.includes("/artifacts"))).toEqual([]);
});

test("the runner's statement is in the lock, and is said to be unsigned", async () => {
  askForStatements();
  const { sha } = build("1", {}, (commit) => statement(commit, "1"));

  const { stderr } = await cli("lock");

  expect(stderr).toBe("");
  expect(entry().provenance?.statement).toEqual({
    builder: "https://gitlab.example.com/-/runners/3",
    buildType: "https://gitlab.com/gitlab-org/gitlab-runner/-/blob/v19.0.0/PROVENANCE.md",
    invocation: "77",
    commit: sha,
    subject: sha256("1"),
  });
  expect((await cli("show")).stdout).toMatch(
    /built by \S+runners\/3, of this commit, with these bytes \(the runner's own words, not signed\)/,
  );
});

test.each(["artifacts", "acme-1.2"])("it is found under the name of the archive: %s", async (name) => {
  askForStatements();
  build("1", {}, (commit) => statement(commit, "1"), name);

  await cli("lock");

  expect(entry().provenance?.statement?.subject).toBe(sha256("1"));
});

test("it is asked for where the setting says so or the lock has one, and else no request is made for it", async () => {
  build("1", {}, (commit) => statement(commit, "1"));
  await cli("lock");
  expect(entry().provenance).not.toHaveProperty("statement");
  expect(gitlab.requests.filter(({ path }) => path.includes("metadata"))).toEqual([]);

  askForStatements();
  build("2", {}, (commit) => statement(commit, "2"));
  await cli("lock");
  rmSync(join(repository, "artifacts.config.ts"));
  build("3", {}, (commit) => statement(commit, "3"));
  await cli("lock");

  expect(entry().provenance?.statement?.subject).toBe(sha256("3"));
});

test("a statement that contradicts the bytes is told", async () => {
  askForStatements();
  build("1", {}, (commit) => statement(commit, "other"));

  expect((await cli("lock")).stderr).toContain("names other bytes for the file");
  expect((await cli("show")).stdout).toContain("WITH OTHER BYTES");
});

test.each([
  ["no JSON", "{"],
  ["another document", '{"predicateType":"https://example.com"}'],
  ["no builder", '{"predicateType":"https://slsa.dev/provenance/v1","predicate":{"runDetails":{}}}'],
])("a statement that is %s is none, and stops nothing", async (_, text) => {
  askForStatements();
  build("1", {}, () => text);

  expect(await cli("lock")).toMatchObject({ code: 0, stderr: "" });
  expect(entry().provenance).not.toHaveProperty("statement");
});

function askForStatements(): void {
  const config =
    'import { defineConfig } from "nix-artifacts";\nexport default defineConfig({ runnerStatements: true });\n';
  writeFileSync(join(repository, "artifacts.config.ts"), config);
}

function build(acme: string, pipeline: object = {}, said?: (commit: string) => string, name = "artifacts") {
  const added = gitlab.addPipeline("platform/acme", { ref: "main", ...pipeline });
  const own = gitlab.state.pipelineById(added.id);
  const extra = said === undefined ? {} : { [`${name}-metadata.json`]: said(own.sha) };
  gitlab.addJob("platform/acme", added.id, { name: "build", artifacts: { name, files: { acme, ...extra } } });
  return own;
}

/** As gitlab-runner writes it. */
function statement(commit: string, bytes: string): string {
  return JSON.stringify({
    _type: "https://in-toto.io/Statement/v0.1",
    predicateType: "https://slsa.dev/provenance/v1",
    subject: [{ name: "other" }, 7, { name: "acme", digest: { sha256: sha256(bytes) } }],
    predicate: {
      buildDefinition: {
        buildType: "https://gitlab.com/gitlab-org/gitlab-runner/-/blob/v19.0.0/PROVENANCE.md",
        externalParameters: {
          CI: "",
          entryPoint: "build",
          source: "https://gitlab.example.com/platform/acme",
        },
        resolvedDependencies: [{ uri: "https://gitlab.example.com", digest: { sha256: commit } }],
      },
      runDetails: {
        builder: { id: "https://gitlab.example.com/-/runners/3" },
        metadata: { invocationId: "77" },
      },
    },
  });
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function read(): string {
  return readFileSync(join(repository, LOCK), "utf8");
}

function artifact() {
  const found = parseLock(read(), LOCK).artifacts["acme"];
  if (found === undefined) throw new Error("acme is not locked");
  return found;
}

function entry() {
  const found = artifact().systems["any"];
  if (found === undefined) throw new Error("acme is not locked");
  return found;
}

function cli(...args: readonly string[]) {
  return runCli(args, { cwd: repository, env: { GITLAB_TOKEN: TOKEN } });
}
