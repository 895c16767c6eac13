/** A login in a real keyring: GNOME's, on a session bus of its own. */
import { execFileSync } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { startGitLab, type EmbeddedGitLab } from "../../src/simulator/simulator.js";
import { CLI } from "../cli/run-cli.js";
import { runProcess } from "../nix/process.js";
import { CANARY, type Home, makeHome } from "./home.js";

beforeAll(() => {
  try {
    execFileSync("which", ["gnome-keyring-daemon", "dbus-run-session"]);
  } catch {
    throw new Error("this test needs a keyring: apt-get install -y gnome-keyring dbus-daemon");
  }
});

let gitlab: EmbeddedGitLab;
let home: Home;
beforeEach(async () => {
  gitlab = await startGitLab();
  gitlab.addToken({ token: CANARY, kind: "personal", scopes: ["read_api"] });
  home = makeHome();
});
afterEach(() => gitlab.close());

/** Runs shell lines in a session whose keyring is unlocked; `artifacts` is the command line. */
function inSession(
  script: string,
  unlock = 'printf pw | gnome-keyring-daemon --unlock --components=secrets >"$HOME/daemon" 2>&1',
) {
  home.program("artifacts", `exec '${process.execPath}' '${CLI}' "$@"`);
  return runProcess("dbus-run-session", ["--", "sh", "-c", `${unlock}\n${script}`], {
    env: { ...home.env },
    cwd: home.path,
  });
}

const files = () =>
  readdirSync(home.path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), "latin1"));

const login = (option = "") => `echo ${CANARY} | artifacts auth login ${gitlab.url} --with-token ${option}`;
const ask = () => `echo '{"uri":"${gitlab.url}/"}' | artifacts auth helper get`;

const built = (path: string) => new URL(`../../dist/credentials/${path}`, import.meta.url).href;
const printKept = () =>
  `node -e 'import("${built("keyring.js")}").then(async (it) => console.log("kept:", await it.readFromKeyring("${gitlab.url}")))'`;

test("a login is in the keyring and in no file, serves every command, and is gone after logout", async () => {
  const used = await inSession(`${login()} && ${ask()}`);
  expect(used.code).toBe(0);
  expect(used.stdout).toMatch(/logged in to .* \(your keyring\)\n/);
  expect(used.stdout).toMatch(new RegExp(`"private-token":\\s*\\[\\s*"${CANARY}"`));
  expect(files().filter((text) => text.includes(CANARY))).toEqual([]);

  const ended = await inSession(
    `${printKept()}; artifacts auth logout ${gitlab.url}; ${printKept()}; ${ask()}`,
  );
  expect(ended.stdout).toMatch(new RegExp(`^kept: .*${CANARY}[^]*logged out[^]*^kept: undefined$`, "m"));
  expect(ended.stderr).toMatch(/HELPER_NO_CREDENTIAL/);
});

test("what is refreshed stays in the keyring", async () => {
  gitlab.oauth.applications.add("application");
  const session = gitlab.oauth.addSession({ clientId: "application", scope: "read_api" });
  const stored = {
    kind: "oauth",
    instance: gitlab.url,
    clientId: "application",
    ...session,
    scopes: ["read_api"],
  };
  home.write("ended", JSON.stringify({ ...stored, expiresAt: "2020-01-01T00:00:00.000Z" }));
  const keep = `import("${built("login-store.js")}").then(async (store) =>
    store.writeLogin(store.loginFile(process.env, "${gitlab.url}"), JSON.parse(require("fs").readFileSync("ended", "utf8")), "keyring"))`;
  const { stdout } = await inSession(`node -e '${keep}' && rm ended && ${ask()} && ${ask()}`);

  expect(gitlab.oauth.refreshes).toBe(1);
  const [token = ""] = /Bearer (\w+)/.exec(stdout)?.slice(1) ?? [];
  expect(token).not.toBe(session.accessToken);
  expect(files().filter((text) => text.includes(token))).toEqual([]);
});

test("where there is no keyring, or a file is asked for, it is a private file", async () => {
  for (const [option, unlock] of [
    ["", ":"],
    ["--keep-in file", undefined],
  ] as const) {
    const { code, stdout } = await inSession(login(option), unlock);
    expect(code).toBe(0);
    expect(stdout).toMatch(/logged in to .* \(\/.*\.json\)/);
  }
  expect(files().filter((text) => text.includes(CANARY))).toHaveLength(1);
});

test("a keyring that does not open is said, with the way around it", async () => {
  await inSession(login());
  const { code, stderr } = await inSession(ask(), ":");
  expect(code).toBe(1);
  expect(stderr).toMatch(/your keyring, which does not open.*--keep-in file/s);
});

test("a login that moves to a file leaves nothing in the keyring", async () => {
  const { stdout } = await inSession(`${login()} && ${login("--keep-in file")} && ${printKept()}`);
  expect(stdout).toMatch(/logged in to .*\.json\)\nkept: undefined/);
});

test("where the keyring does not let the old login go, a login in a file says so, and a logout is none", async () => {
  await inSession(login());
  const forget = `node -e 'import("${built("login-store.js")}").then((it) => it.removeLogin(it.loginFile(process.env, "${gitlab.url}"))).catch((error) => console.log(error.code))'`;
  const locked = await inSession(`${forget}; ${login("--keep-in file")}`, ":");
  expect(locked.stdout).toContain("CREDENTIALS_NO_KEYRING");
  expect(locked.stderr).toMatch(/the login before is still in your keyring/);
});
