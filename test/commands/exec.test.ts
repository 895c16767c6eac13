/** `artifacts exec`: the command gets the token where Nix uses it, and only there. */
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { startGitLab, type EmbeddedGitLab } from "../../src/simulator/simulator.js";
import { makeRepository } from "../cli/repository.js";
import { runCli } from "../cli/run-cli.js";
import { CANARY, type Home, makeHome } from "../credentials/home.js";
import { watchProcesses } from "../e2e/watch-processes.js";

const FEATURE = "configurable-impure-env";

let gitlab: EmbeddedGitLab;
let cwd: string;
let home: Home;

beforeAll(async () => {
  gitlab = await startGitLab();
  gitlab.addToken({ token: CANARY, kind: "personal", scopes: ["read_api"] });
  gitlab.addProject({ path: "platform/acme", visibility: "private" });
  gitlab.addPipeline("platform/acme", {
    ref: "main",
    jobs: [{ name: "build", artifacts: { files: { acme: "1" } } }],
  });
  cwd = await lockedRepository("impure-env");
});
afterAll(() => gitlab.close());

beforeEach(() => {
  home = makeHome();
  installNix({});
});

async function lockedRepository(fetch: string): Promise<string> {
  const repository = makeRepository({ gitlab: gitlab.url, fetch });
  expect(await runCli(["lock"], { cwd: repository, env: { GITLAB_TOKEN: CANARY } })).toMatchObject({
    code: 0,
  });
  return repository;
}

/** A `nix` that says what the test wants. */
function installNix({
  trusted = 1,
  features = [FEATURE],
}: {
  trusted?: number;
  features?: readonly string[];
}): void {
  const settings = JSON.stringify({ "experimental-features": { value: features } });
  home.program(
    "nix",
    `case "$*" in --version) echo 'nix (Nix) 2.26.3';; *ping*) printf 'Store URL: daemon\\nTrusted: ${trusted}\\n';; *) echo '${settings}';; esac`,
  );
}

const exec = (command: readonly string[], options: readonly string[] = []) =>
  runCli([...options, "exec", "--", ...command], {
    cwd,
    env: { ...home.env, GITLAB_TOKEN: CANARY, NIX_CONFIG: "cores = 1" },
  });

test("the command has the token of its instance in NIX_CONFIG, beside what was there, and on no command line", async () => {
  const watch = watchProcesses(CANARY);
  const { code, stdout, stderr } = await exec(["sh", "-c", 'sleep 0.1; printf %s "$NIX_CONFIG"']);
  watch.stop();

  expect(stderr).toMatch(/impure-env: the daemon hands the variable to every fixed-output derivation/);
  expect(stderr).toMatch(/warning with impure-env, every build .* can read the token; with `fetch: "proxy"`/);
  expect(code).toBe(0);
  expect(stdout.split("\n")).toEqual([
    "cores = 1",
    `extra-experimental-features = ${FEATURE}`,
    `extra-impure-env = NIX_ARTIFACTS_HEADERS=${gitlab.url}=private-token:${CANARY}`,
  ]);
  expect(stderr).not.toContain(CANARY);
  expect(watch.seen()).toEqual([]);
});

test.each([
  ["no feature", { features: [] }, /the experimental feature is off.*no token.*extra-experimental-features/],
  ["no trust", { trusted: 0 }, /trusted users only.*no token.*`proxy` or `require`/],
])("a daemon that would ignore it gets no token and the person the reason: %s", async (_, nix, reason) => {
  installNix(nix);
  const { code, stdout, stderr } = await exec(["sh", "-c", 'printf %s "$NIX_CONFIG"']);
  expect({ code, stdout }).toEqual({ code: 0, stdout: "cores = 1" });
  expect(stderr).toMatch(reason);
});

test("a repository that fetches in other ways gives no token away", async () => {
  const repository = await lockedRepository("require");
  const { stdout, stderr } = await runCli(["exec", "--", "sh", "-c", 'printf %s "$NIX_CONFIG"'], {
    cwd: repository,
    env: { ...home.env, GITLAB_TOKEN: CANARY },
  });
  expect(stdout).toBe("");
  expect(stderr).toMatch(/no artifact here is fetched with impure-env/);
});

test("the exit code is the command's; options after -- are the command's, too", async () => {
  expect(await exec(["sh", "-c", "exit 7"])).toMatchObject({ code: 7 });
  expect(await exec(["sh", "-c", "kill -TERM $$"])).toMatchObject({ code: 143 });
  expect(await exec(["printf", "%s", "--json"])).toMatchObject({ code: 0, stdout: "--json" });
  const missing = await exec(["no-such-program"]);
  expect(missing).toMatchObject({ code: 2 });
  expect(missing.stderr).toMatch(/there is no program no-such-program/);
});

test("with --json stdout is the document, and what the command prints goes to stderr", async () => {
  const { stdout, stderr } = await exec(["echo", "said"], ["--json"]);
  expect(JSON.parse(stdout)).toEqual({ instances: [gitlab.url], way: "setting", exitCode: 0 });
  expect(stderr).toContain("said\n");
});

test("without a token for the instance nothing is run", async () => {
  const { code, stdout, stderr } = await runCli(["exec", "--", "echo", "ran"], { cwd, env: home.env });
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).toMatch(/there is no token for .*auth login/s);
});
