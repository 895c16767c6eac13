import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { makeRepository } from "../cli/repository.js";
import { runCli } from "../cli/run-cli.js";
import { onTerminal, openWindow } from "../cli/terminal.js";
import { CANARY, type Home, makeHome } from "../credentials/home.js";

let home: Home;
let cwd: string;

beforeEach(() => {
  home = makeHome();
  cwd = makeRepository({ gitlab: "https://gitlab.invalid" });
});

const settings = () => join(home.path, ".config/nix-artifacts/settings.json");
const env = () => ({ ...home.env, GITLAB_TOKEN: CANARY });

test("the error for a host that nothing names has the command that lets the token go there", async () => {
  const refused = await runCli(["lock"], { cwd, env: env() });
  expect(refused.stderr).toContain("CREDENTIALS_HOST_UNCONFIRMED");
  const [, command = ""] = /run: artifacts (auth trust \S+);/.exec(refused.stderr) ?? [];

  expect(await runCli(command.split(" "), { cwd, env: env() })).toMatchObject({ code: 0, stderr: "" });

  expect(JSON.parse(readFileSync(settings(), "utf8"))).toEqual({
    instances: { "https://gitlab.invalid": { trusted: true } },
  });
  expect(statSync(settings()).mode & 0o777).toBe(0o600);
  expect(statSync(join(settings(), "..")).mode & 0o777).toBe(0o700);
  expect((await runCli(["lock"], { cwd, env: env() })).stderr).toContain("GITLAB_UNREACHABLE");
});

test("what was trusted can be revoked", async () => {
  await runCli(["auth", "trust", "https://gitlab.invalid"], { cwd, env: env() });
  await runCli(["auth", "trust", "https://gitlab.invalid", "--revoke"], { cwd, env: env() });
  expect((await runCli(["lock"], { cwd, env: env() })).stderr).toContain("CREDENTIALS_HOST_UNCONFIRMED");
});

test("on a terminal the person is asked, once for all requests, and a yes is remembered", async () => {
  const shown = await onTerminal("artifacts lock", { cwd, env: env(), type: "y\n" });

  expect(shown.match(/\[y\/N\]/g)).toHaveLength(1);
  expect(shown).toMatch(/the token from GITLAB_TOKEN belongs to https:\/\/gitlab\.invalid/);
  expect(shown).toContain("GITLAB_UNREACHABLE");
  expect(shown).not.toContain(CANARY);
  expect(readFileSync(settings(), "utf8")).toContain('"trusted": true');
});

test("a no on the terminal sends nothing and is not remembered", async () => {
  const shown = await onTerminal("artifacts lock", { cwd, env: env(), type: "\n" });

  expect(shown).toContain("CREDENTIALS_HOST_UNCONFIRMED");
  expect(existsSync(settings())).toBe(false);
});

test.each(["xterm-256color", "dumb"])(
  "Ctrl-C at the question ends the command, as anywhere (%s)",
  async (term) => {
    const window = openWindow("artifacts lock", { cwd, env: { ...env(), TERM: term }, type: "\x03" });

    expect(await window.ended).toBe(130);

    expect(window.text()).toMatch(/\[y\/N\]/);
    expect(window.text()).not.toMatch(/error|Warning/);
    expect(existsSync(settings())).toBe(false);
  },
);

test("the end of the input at the question is a no", async () => {
  const window = openWindow("artifacts lock", { cwd, env: env(), type: "\x04" });

  expect(await window.ended).toBe(1);

  expect(window.text()).toContain("CREDENTIALS_HOST_UNCONFIRMED");
  expect(existsSync(settings())).toBe(false);
});
