/** The end of a token is warned about two weeks ahead, by every command. */
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { startGitLab, type EmbeddedGitLab } from "../../src/simulator/simulator.js";
import { makeRepository } from "../cli/repository.js";
import { runCli } from "../cli/run-cli.js";
import { CANARY, makeHome } from "../credentials/home.js";

const DAY_MS = 86_400_000;

let gitlab: EmbeddedGitLab;
let cwd: string;
let env: Readonly<Record<string, string>>;
let state: string;
beforeEach(async () => {
  gitlab = await startGitLab();
  gitlab.addProject({ path: "platform/acme", visibility: "private" });
  gitlab.addPipeline("platform/acme", {
    ref: "main",
    jobs: [{ name: "build", artifacts: { files: { acme: "1" } } }],
  });
  cwd = makeRepository({ gitlab: gitlab.url, fetch: "require" });
  const home = makeHome();
  state = join(home.path, ".local/state");
  env = { ...home.env, GITLAB_TOKEN: CANARY, XDG_STATE_HOME: state };
});
afterEach(() => gitlab.close());

function token(days: number, facts: object = {}): void {
  const expiresAt = new Date(Date.now() + days * DAY_MS).toISOString();
  gitlab.addToken({ token: CANARY, kind: "personal", scopes: ["read_api"], expiresAt, ...facts });
}

const run = (...args: string[]) => runCli(args, { cwd, env });
const asked = () => gitlab.requests.filter(({ path }) => path.includes("personal_access_tokens/self")).length;

test("every command warns, also those that use no token; GitLab is asked once", async () => {
  token(9);
  const warning =
    /^warning the token from GITLAB_TOKEN for http:\S+ ends in (8|9) days; a new one: \S+personal_access_tokens$/m;
  for (const command of [["lock"], ["outdated"], ["show"], ["generate"], ["lock", "--check"]]) {
    const { code, stderr } = await run(...command);
    expect({ command, code, stderr }).toEqual({ command, code: 0, stderr: expect.stringMatching(warning) });
  }
  expect(asked()).toBe(1);
  expect((await run("show", "--quiet")).stderr).toBe("");
});

test("fifteen days ahead nothing is said, and a renewed token is asked about anew", async () => {
  token(9);
  expect((await run("lock")).stderr).toMatch(/ends in/);
  gitlab.addToken({
    token: `${CANARY}renewed`,
    kind: "personal",
    scopes: ["read_api"],
    expiresAt: new Date(Date.now() + 16 * DAY_MS).toISOString(),
  });
  env = { ...env, GITLAB_TOKEN: `${CANARY}renewed` };
  expect((await run("outdated")).stderr).toBe("");
  expect(asked()).toBe(2);
});

test("what is remembered holds no token, and what is broken there breaks nothing", async () => {
  token(9);
  await run("lock");
  const folder = join(state, "nix-artifacts");
  const [file = ""] = readdirSync(folder);
  expect(readFileSync(join(folder, file), "utf8")).not.toContain("canary");
  writeFileSync(join(folder, file), "{{{");
  expect(await run("outdated")).toMatchObject({ code: 0, stderr: expect.stringMatching(/ends in/) });
});

test("a dead token is not asked about once more", async () => {
  token(9, { revoked: true });
  expect((await run("outdated")).code).toBe(1);
  expect(asked()).toBe(0);
});
