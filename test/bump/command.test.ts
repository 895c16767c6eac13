/** The built command as a pipeline runs it, and GitLab's own client reading what it left. */
import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Gitlab } from "@gitbeaker/rest";
import { expect, test } from "vitest";
import { parseRemote } from "../../src/bump/address.js";
import { markerOf } from "../../src/bump/situation/marker.js";
import { runCli } from "../cli/run-cli.js";
import { checkout, PROJECT, startCompany, TOKEN, type Company } from "./company.js";

const GLAB = fileURLToPath(new URL("../../.cache/glab/glab", import.meta.url));

function jobOf({ gitlab }: Company) {
  return { GITLAB_TOKEN: TOKEN, CI_SERVER_URL: gitlab.url, CI_PROJECT_PATH: PROJECT };
}

test("in a job it opens, reports, and asks for no file that the checkout holds", async () => {
  const company = await startCompany({ tools: ["acme", "brisk"] });
  company.build("acme", "acme 2");
  const cwd = checkout(company);
  const seen = company.gitlab.requests.length;

  const { code, stdout, stderr } = await runCli(["bump", "--json"], { cwd, env: jobOf(company) });

  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(JSON.parse(stdout)).toMatchObject({
    dryRun: false,
    actions: [
      {
        kind: "open",
        topic: "acme",
        outcome: "opened",
        mergeRequest: { iid: 1 },
        changes: [{ artifact: "acme" }],
      },
    ],
    waiting: [],
  });
  const requests = company.gitlab.requests.slice(seen).map(({ path }) => path);
  expect(requests.filter((path) => path.includes("/repository/files/"))).toEqual([]);
  expect(stdout + stderr).not.toContain("canary");
});

test("elsewhere --project says where, and --dry-run what would be done", async () => {
  const company = await startCompany();
  company.build("acme", "acme 2");
  const cwd = mkdtempSync(join(tmpdir(), "empty-"));
  const env = { GITLAB_TOKEN: TOKEN, GITLAB_HOST: company.gitlab.url };

  const { code, stdout } = await runCli(["bump", "--dry-run", "--project", PROJECT], { cwd, env });

  expect({ code, stdout }).toEqual({
    code: 0,
    stdout: "would open  artifacts/acme  Update acme to 0-unstable-2026-11-20\n",
  });
  expect(company.open()).toEqual([]);
});

test("without a project it says how to name one", async () => {
  const cwd = mkdtempSync(join(tmpdir(), "empty-"));

  const { code, stderr } = await runCli(["bump"], { cwd });

  expect(code).toBe(2);
  expect(stderr).toContain("artifacts bump --project group/name");
});

test("an address of GitLab without a scheme is one of https", async () => {
  const cwd = mkdtempSync(join(tmpdir(), "empty-"));
  const env = { GITLAB_TOKEN: TOKEN, CI_SERVER_URL: "localhost:1", CI_PROJECT_PATH: PROJECT };

  const { code, stderr } = await runCli(["bump"], { cwd, env });

  expect(code).toBe(1);
  expect(stderr).toMatch(/^error GITLAB_UNREACHABLE\n.*https:\/\/localhost:1/);
});

test("an artifact that fails ends the run with 1, after the others were proposed", async () => {
  const company = await startCompany({ tools: ["acme", "brisk"] });
  company.build("brisk", "brisk 2");
  company.gitlab.fault({ kind: "not-found", message: "404 Not found", path: "platform%2Facme/pipelines" });

  const { code, stdout, stderr } = await runCli(["bump"], { cwd: checkout(company), env: jobOf(company) });

  expect(code).toBe(1);
  expect(stdout).toContain("opened  artifacts/brisk");
  expect(stderr).toContain("platform%2Facme/pipelines");
});

test("git merges two proposals one after the other without conflict", async () => {
  const company = await startCompany({ tools: ["acme", "brisk", "crane"] });
  company.build("acme", "acme 2");
  company.build("brisk", "brisk 2");
  await company.run();
  const folder = mkdtempSync(join(tmpdir(), "merge-"));
  for (const ref of ["main", "artifacts/acme", "artifacts/brisk"]) {
    const text = company.forge.repository.at(ref)?.tree.get("artifacts.lock.json") ?? "";
    writeFileSync(join(folder, ref.replace("artifacts/", "")), text);
  }

  const merged = execFileSync("git", ["merge-file", "-p", "acme", "main", "brisk"], {
    cwd: folder,
    encoding: "utf8",
  });

  const names = JSON.parse(merged) as { artifacts: Record<string, { systems: { any: { size: number } } }> };
  expect(Object.values(names.artifacts).map(({ systems }) => systems.any.size)).toEqual([6, 7, 7]);
});

test("glab shows the merge request and its description, and the dashboard with its boxes", async () => {
  const company = await startCompany({ config: 'dashboard: true, labels: ["deps"]' });
  company.build("acme", "acme 2");
  await company.run();
  const home = mkdtempSync(join(tmpdir(), "glab-"));
  const { host } = new URL(company.gitlab.url);
  const config = `git_protocol: http\ncheck_update: false\nhost: 127.0.0.1\nno_prompt: true\nhosts:\n  127.0.0.1:\n    api_protocol: http\n    api_host: ${host}\n    token: ${TOKEN}\n`;
  writeFileSync(join(home, "config.yml"), config, { mode: 0o600 });
  execFileSync("git", ["init", "--quiet", home]);
  execFileSync("git", ["remote", "add", "origin", `${company.gitlab.url}/${PROJECT}.git`], { cwd: home });
  const env = { PATH: process.env["PATH"], HOME: home, GLAB_CONFIG_DIR: home, NO_COLOR: "1" };
  const glab = (...args: string[]) => promisify(execFile)(GLAB, args, { cwd: home, env });

  expect((await glab("mr", "list")).stdout).toMatch(
    /!1\s.*Update acme to 0-unstable-2026-11-20.*\(main\) ← \(artifacts\/acme\)/,
  );
  expect((await glab("mr", "view", "1", "--output", "json")).stdout).toContain('"labels":["deps"]');
  expect((await glab("issue", "list")).stdout).toMatch(/#1\s.*Artifact updates/);
  expect((await glab("issue", "view", "1")).stdout).toMatch(/\[ \].*!1 Update acme to 0-unstable-2026-11-20/);
});

test("another client reads merge request, branch and dashboard as they are meant", async () => {
  const company = await startCompany({ config: 'dashboard: true, labels: ["deps"]' });
  company.build("acme", "acme 2");
  await company.run();
  const client = new Gitlab({ host: company.gitlab.url, token: TOKEN });

  const [request] = await client.MergeRequests.all({ projectId: PROJECT, state: "opened" });
  const [issue] = await client.Issues.all({ projectId: PROJECT, state: "opened" });
  const branch = await client.Branches.show(PROJECT, "artifacts/acme");

  expect(request).toMatchObject({ iid: 1, labels: ["deps"], source_branch: "artifacts/acme" });
  expect(markerOf(request?.description ?? "")?.topic).toBe("acme");
  expect(issue?.description).toContain(
    `[\`!1 Update acme to 0-unstable-2026-11-20\`](<${request?.web_url}>)`,
  );
  expect(branch.commit.message).toMatch(/^Update acme to 0-unstable-2026-11-20\n/);
});

test("two processes at once open one merge request, and both end with 0", async () => {
  const company = await startCompany({ latencyMs: 20 });
  company.build("acme", "acme 2");
  const cwd = checkout(company);

  const runs = await Promise.all([1, 2].map(() => runCli(["bump"], { cwd, env: jobOf(company) })));

  expect(runs.map(({ code, stderr }) => ({ code, stderr }))).toEqual(
    [1, 2].map(() => ({ code: 0, stderr: "" })),
  );
  expect(company.forge.mergeRequests).toMatchObject([{ sourceBranch: "artifacts/acme", state: "opened" }]);
  expect(company.forge.repository.ahead("artifacts/acme", "main")).toHaveLength(1);
});

test.each([
  ["https://gitlab.example.com/group/app.git", { instance: "https://gitlab.example.com", path: "group/app" }],
  ["git@gitlab.example.com:group/sub/app.git", { instance: undefined, path: "group/sub/app" }],
  ["ssh://git@gitlab.example.com:2222/group/app", { instance: undefined, path: "group/app" }],
  ["https://gitlab.example.com/", undefined],
])("the remote %s is read", (address, expected) => {
  expect(parseRemote(address)).toEqual(expected);
});
