/**
 * GitLab's own client against the simulator: what glab takes for GitLab, is close enough to it.
 */
import { execFile, execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startGitLab, type EmbeddedGitLab } from "../../src/simulator/simulator.js";

const GLAB = fileURLToPath(new URL("../../.cache/glab/glab", import.meta.url));
if (!existsSync(GLAB)) throw new Error(`${GLAB} is missing; install it with: sh scripts/install-glab.sh`);
const TOKEN = "glpat-simulated-token-00";

let gitlab: EmbeddedGitLab;
let home: string;
let checkout: string;

beforeAll(async () => {
  gitlab = await startGitLab();
  gitlab.addToken({ token: TOKEN, kind: "personal" });
  gitlab.addProject({ path: "group/app" });
  const { id } = gitlab.addPipeline("group/app", { ref: "main" });
  const files = { "dist/app.txt": "hello from CI\n", "dist/run": { content: "#!/bin/sh\n", mode: 0o755 } };
  gitlab.addJob("group/app", id, { name: "build", artifacts: { files } });
  home = mkdtempSync(join(tmpdir(), "glab-"));
  checkout = join(home, "checkout");
  configureGlab();
});

afterAll(async () => {
  await gitlab.close();
  rmSync(home, { recursive: true });
});

/** glab drops the port of a git remote, so its host is configured without one and the port stands in `api_host`. */
function configureGlab(): void {
  const { host } = new URL(gitlab.url);
  const config = [
    "git_protocol: http",
    "check_update: false",
    "host: 127.0.0.1",
    "no_prompt: true",
    "hosts:",
    "  127.0.0.1:",
    "    api_protocol: http",
    "    git_protocol: http",
    `    api_host: ${host}`,
    `    token: ${TOKEN}`,
  ];
  mkdirSync(join(home, "config"));
  writeFileSync(join(home, "config", "config.yml"), `${config.join("\n")}\n`, { mode: 0o600 });
  execFileSync("git", ["init", "--quiet", checkout]);
  execFileSync("git", ["remote", "add", "origin", `${gitlab.url}/group/app.git`], { cwd: checkout });
}

async function glab(...args: string[]): Promise<string> {
  const env = { PATH: process.env["PATH"], HOME: home, GLAB_CONFIG_DIR: join(home, "config"), NO_COLOR: "1" };
  const { stdout } = await promisify(execFile)(GLAB, args, { cwd: checkout, env });
  return stdout;
}

test("glab api reads the version", async () => {
  expect(JSON.parse(await glab("api", "version"))).toMatchObject({ version: "19.5.0-ee" });
});

test("glab api reads the project of the checkout", async () => {
  expect(JSON.parse(await glab("api", "projects/:fullpath"))).toMatchObject({
    id: 1,
    path_with_namespace: "group/app",
  });
});

test("glab ci list shows the pipelines", async () => {
  expect(await glab("ci", "list")).toMatch(/\(success\) • #1001\s+\(#1\)\s+main/);
});

test("glab follows the pages of a list", async () => {
  const path = "projects/:fullpath/pipelines?per_page=1";
  for (let count = 0; count < 2; count += 1) gitlab.addPipeline("group/app", { ref: "other" });
  expect((await glab("api", "--paginate", path)).match(/"iid":\d+/g)).toEqual([
    '"iid":3',
    '"iid":2',
    '"iid":1',
  ]);
});

test("glab job artifact unpacks the files of the latest archive", async () => {
  await glab("job", "artifact", "main", "build");
  expect(readFileSync(join(checkout, "dist/app.txt"), "utf8")).toBe("hello from CI\n");
  expect(readFileSync(join(checkout, "dist/run"), "utf8")).toBe("#!/bin/sh\n");
});
