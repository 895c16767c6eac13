/** `artifacts auth netrc`: an entry that the proxy and GitLab understand, in a file of its own. */
import { existsSync, readFileSync, statSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { callerCredential } from "../../src/proxy/caller-credential.js";
import { parseNetrc } from "../../src/credentials/netrc.js";
import { runCli } from "../cli/run-cli.js";
import { CANARY, type Home, makeHome } from "../credentials/home.js";

const PROXY = "https://artifacts.example.com";
const ENV = { GITLAB_HOST: "gitlab.example.com", GITLAB_TOKEN: CANARY };

let home: Home;
let installed: string;
beforeEach(() => {
  home = makeHome();
  installed = join(home.path, ".config/nix-artifacts/netrc");
});

const netrc = (args: readonly string[], env: Readonly<Record<string, string>> = ENV) =>
  runCli(["auth", "netrc", ...args], { cwd: home.path, env: { ...home.env, ...env } });

test.each([
  ["a personal token", CANARY, { "private-token": CANARY }],
  ["an OAuth token", "0a".repeat(32), { authorization: `Bearer ${"0a".repeat(32)}` }],
])("%s is printed as an entry that the proxy turns into the same header", async (_, token, headers) => {
  const { code, stdout } = await netrc([PROXY], { ...ENV, GITLAB_TOKEN: token });
  expect(code).toBe(0);
  const [entry] = parseNetrc(stdout);
  expect(entry?.machine).toBe("artifacts.example.com");
  const basic = Buffer.from(`${entry?.login}:${entry?.password}`).toString("base64");
  expect(callerCredential(`Basic ${basic}`)?.headers).toEqual(headers);
});

test("--install writes a private file of its own, says how Nix finds it, and does not show the token", async () => {
  const own = home.write(".netrc", "machine other login me password mine\n");
  const { code, stdout, stderr } = await netrc([PROXY, "--install"]);
  expect(code).toBe(0);
  expect(stdout).toContain(`netrc-file = ${installed}\n`);
  expect(stdout + stderr).not.toContain(CANARY);
  expect(statSync(installed).mode & 0o777).toBe(0o600);
  expect(readFileSync(installed, "utf8")).toBe(
    `machine artifacts.example.com login token password ${CANARY}\n`,
  );
  expect(readFileSync(own, "utf8")).toBe("machine other login me password mine\n");

  const renewed = `${CANARY}new`;
  expect(await netrc([PROXY, "--install"], { ...ENV, GITLAB_TOKEN: renewed })).toMatchObject({ code: 0 });
  expect(readFileSync(installed, "utf8")).toContain(renewed);
});

test("the user's own netrc is not touched, whatever leads to it", async () => {
  const own = home.write(".netrc", "machine artifacts.example.com login me password mine\n");
  const link = join(home.path, "link");
  symlinkSync(own, link);
  for (const to of [own, link]) {
    const { code, stderr } = await netrc([PROXY, "--to", to]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/your own netrc/);
  }
  expect(readFileSync(own, "utf8")).toContain("password mine");
});

test("a file with entries of others is not touched", async () => {
  const file = home.write("nix-netrc", "machine cache.example login me password mine\n");
  const { code, stderr } = await netrc([PROXY, "--to", file]);
  expect(code).toBe(1);
  expect(stderr).toMatch(/holds something else/);
  expect(readFileSync(file, "utf8")).toBe("machine cache.example login me password mine\n");
});

test("a repository may name a proxy on this machine, and no other", async () => {
  const { stdout } = await netrc([]);
  expect(stdout).toMatch(/^machine 127\.0\.0\.1 login token /);

  home.write("artifacts.config.ts", `export default { proxy: "https://evil.example" };\n`);
  const { code, stdout: nothing, stderr } = await netrc(["--install"]);
  expect({ code, nothing }).toEqual({ code: 2, nothing: "" });
  expect(stderr).toMatch(/a repository does not decide who gets a token/);
  expect(existsSync(installed)).toBe(false);
});

test("a proxy on another machine gets no token over plain http", async () => {
  const { code, stdout, stderr } = await netrc(["http://artifacts.example.com"]);
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).toMatch(/NETRC_PLAIN_HTTP/);
});

test("a token that ends soon is not what Nix should keep, and that is said", async () => {
  const helper = home.program(
    "helper",
    `echo '{"headers":{"private-token":["${CANARY}"]},"expires":"2099-01-01T00:00:00Z"}'`,
  );
  home.settings({ "https://gitlab.example.com": { helper: [helper] } });
  const { stderr } = await netrc([PROXY, "--gitlab", "https://gitlab.example.com", "--install"], {});
  expect(stderr).toMatch(/ends at 2099-01-01 00:00 UTC, and Nix does not renew it/);
});
