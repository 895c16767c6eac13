/** A login from its beginning to its end, against an instance that speaks OAuth. */
import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { startGitLab, type EmbeddedGitLab } from "../../src/simulator/simulator.js";
import { makeRepository } from "../cli/repository.js";
import { runCli } from "../cli/run-cli.js";
import { CANARY, type Home, makeHome } from "../credentials/home.js";

const CLIENT = { clientId: "application", scope: "read_api" };

let gitlab: EmbeddedGitLab;
let home: Home;
let file: string;

beforeEach(async () => {
  gitlab = await startGitLab({ knobs: { deviceIntervalSeconds: 0 } });
  gitlab.oauth.applications.add(CLIENT.clientId);
  home = makeHome();
  file = join(home.path, ".local/share/nix-artifacts/logins", `${encodeURIComponent(gitlab.url)}.json`);
});

afterEach(() => gitlab.close());

const run = (args: readonly string[], env: Record<string, string> = {}, input?: string) =>
  runCli(args, { cwd: home.path, env: { ...home.env, ...env }, ...(input === undefined ? {} : { input }) });

/** Logs in while somebody decides in the browser. */
async function login(answer: "approved" | "denied", ...args: string[]) {
  const browser = setInterval(() => gitlab.oauth.decide(answer), 20);
  try {
    return await run(["auth", "login", gitlab.url, "--client-id", CLIENT.clientId, ...args]);
  } finally {
    clearInterval(browser);
  }
}

/** A login as the file holds it, whose access token ended long ago. */
function storeEndedLogin(): { accessToken: string; refreshToken: string } {
  const session = gitlab.oauth.addSession(CLIENT);
  const login = {
    kind: "oauth",
    instance: gitlab.url,
    clientId: CLIENT.clientId,
    ...session,
    expiresAt: "2020-01-01T00:00:00.000Z",
    scopes: ["read_api"],
  };
  const folder = ".local/share/nix-artifacts/logins";
  home.write(`${folder}/${encodeURIComponent(gitlab.url)}.json`, JSON.stringify(login));
  chmodSync(join(home.path, folder), 0o700);
  return session;
}

const stored = () => JSON.parse(readFileSync(file, "utf8")) as Record<string, string>;
const ask = (uri: string) => run(["auth", "helper", "get"], {}, JSON.stringify({ uri }));

describe("login", () => {
  test("shows a code, waits for the browser, and keeps the tokens to itself", async () => {
    const { code, stdout, stderr } = await login("approved");

    expect(code).toBe(0);
    expect(stderr).toMatch(/open http:\/\/127\.0\.0\.1:\d+\/oauth\/device\?user_code=(\w+) .* the code \1\n/);
    const { accessToken = "?", refreshToken = "?" } = stored();
    expect(stdout + stderr).not.toContain(accessToken);
    expect(stdout + stderr).not.toContain(refreshToken);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(join(file, "..")).mode & 0o777).toBe(0o700);
  });

  test("is then what every command uses, without any setting", async () => {
    gitlab.addProject({ path: "platform/acme", visibility: "private" });
    gitlab.addPipeline("platform/acme", {
      ref: "main",
      jobs: [{ name: "build", artifacts: { files: { acme: "1" } } }],
    });
    await login("approved");

    const cwd = makeRepository({ gitlab: gitlab.url });
    expect(await runCli(["lock"], { cwd, env: home.env })).toMatchObject({ code: 0 });
  });

  test.each([["denied", /the login was denied in the browser/]] as const)(
    "that is %s stores nothing",
    async (answer, message) => {
      const { code, stderr } = await login(answer);
      expect(code).toBe(1);
      expect(stderr).toMatch(message);
      expect(existsSync(file)).toBe(false);
    },
  );

  test("without an application says where to make one", async () => {
    const { code, stderr } = await run(["auth", "login", gitlab.url]);
    expect(code).toBe(2);
    expect(stderr).toContain(`${gitlab.url}/-/user_settings/applications`);
  });

  test("with an application that the instance does not know says so", async () => {
    const { stderr } = await run(["auth", "login", gitlab.url, "--client-id", "other"]);
    expect(stderr).toMatch(/OAUTH_UNKNOWN_CLIENT/);
  });

  test("takes no page of another site for the confirmation", async () => {
    const body = JSON.stringify({
      device_code: "d",
      user_code: "ABCD-1234",
      verification_uri: "https://evil.example/device",
      expires_in: 300,
    });
    gitlab.fault({ path: "/oauth/authorize_device", kind: "answer", status: 200, body });
    const { stderr } = await run(["auth", "login", gitlab.url, "--client-id", CLIENT.clientId]);
    expect(stderr).toMatch(/a page of another site to confirm the login: https:\/\/evil\.example/);
  });

  test("over plain http to another machine is refused before anything is sent", async () => {
    const { stderr } = await run(["auth", "login", "http://gitlab.invalid", "--with-token"], {}, CANARY);
    expect(stderr).toMatch(/CREDENTIALS_PLAIN_HTTP/);
  });

  test("with a token stores it once GitLab knows it", async () => {
    const refused = await run(["auth", "login", gitlab.url, "--with-token"], {}, `${CANARY}\n`);
    expect(refused.code).toBe(1);
    expect(existsSync(file)).toBe(false);

    gitlab.addToken({ token: CANARY, kind: "personal" });
    expect(await run(["auth", "login", gitlab.url, "--with-token"], {}, `${CANARY}\n`)).toMatchObject({
      code: 0,
    });
    expect(JSON.parse((await ask(gitlab.url)).stdout)).toEqual({ headers: { "private-token": [CANARY] } });
  });
});

describe("the stored login", () => {
  test("is refreshed once by twenty processes that need it at once, and all of them go on", async () => {
    storeEndedLogin();

    const answers = await Promise.all(Array.from({ length: 20 }, () => ask(`${gitlab.url}/api/v4/version`)));

    expect(answers.map(({ code, stderr }) => `${code} ${stderr}`)).toEqual(answers.map(() => "0 "));
    const tokens = answers.map(({ stdout }) => (JSON.parse(stdout) as { headers: object }).headers);
    expect(new Set(tokens.map((headers) => JSON.stringify(headers)))).toEqual(
      new Set([JSON.stringify({ authorization: [`Bearer ${stored()["accessToken"]}`] })]),
    );
    expect(gitlab.oauth.refreshes).toBe(1);
  });

  test("is refreshed in mid-run when GitLab ends its token early", async () => {
    const session = gitlab.oauth.addSession(CLIENT);
    storeEndedLogin();
    writeFileSync(file, JSON.stringify({ ...stored(), ...session, expiresAt: "2999-01-01T00:00:00.000Z" }));
    gitlab.addToken({ token: session.accessToken, kind: "oauth", revoked: true });

    const { code, stdout } = await run(["auth", "status", gitlab.url, "--check"]);

    expect(code).toBe(0);
    expect(stdout).toMatch(/scopes: read_api/);
    expect(gitlab.oauth.refreshes).toBe(1);
  });

  test("that was ended elsewhere says how to log in again", async () => {
    storeEndedLogin();
    writeFileSync(file, JSON.stringify({ ...stored(), refreshToken: "burnt" }));
    const { code, stderr } = await ask(gitlab.url);
    expect(code).toBe(1);
    expect(stderr).toContain(`artifacts auth login ${gitlab.url}`);
  });

  test.each([0o640, 0o604])("in a file of mode %o is refused with the chmod", async (mode) => {
    const { accessToken } = storeEndedLogin();
    chmodSync(file, mode);
    const { code, stderr } = await ask(gitlab.url);
    expect(code).toBe(1);
    expect(stderr).toContain(`chmod go= '${file}'`);
    expect(stderr).not.toContain(accessToken);
  });

  test("goes to no other host", async () => {
    storeEndedLogin();
    const { code, stdout } = await ask("https://evil.example/");
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(gitlab.oauth.refreshes).toBe(0);
  });
});

describe("logout", () => {
  test("ends the tokens at the instance and forgets them here", async () => {
    await login("approved");
    const { accessToken = "" } = stored();

    expect(await run(["auth", "logout", gitlab.url])).toMatchObject({ code: 0 });

    expect(existsSync(file)).toBe(false);
    expect(gitlab.state.tokens.get(accessToken)?.revoked).toBe(true);
  });

  test("forgets the login although the instance cannot be told, and says that it lives on", async () => {
    await login("approved");
    gitlab.fault({ path: "/oauth/revoke", kind: "bad-gateway" });

    const { code, stderr } = await run(["auth", "logout", gitlab.url]);

    expect(code).toBe(1);
    expect(stderr).toMatch(/OAUTH_NOT_REVOKED/);
    expect(existsSync(file)).toBe(false);
  });
});

describe("status", () => {
  const status = async (facts: object, ...args: string[]) => {
    gitlab.addToken({ token: CANARY, kind: "personal", scopes: ["read_api"], ...facts });
    const cwd = makeRepository({ gitlab: gitlab.url });
    writeFileSync(join(cwd, "artifacts.config.ts"), `export default { gitlab: "${gitlab.url}" };\n`);
    return runCli(["auth", "status", ...args], { cwd, env: { ...home.env, GITLAB_TOKEN: CANARY } });
  };
  const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString();

  test("tells source, user, scopes and end of the token for the repository's instance", async () => {
    const { code, stdout } = await status({ expiresAt: inDays(100) });
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /access token from GITLAB_TOKEN, of dev\n {2}scopes: read_api\n {2}ends in (99|100) days\n {2}can read artifacts \(.*\n {2}cannot open merge requests \(bump\)\n$/,
    );
  });

  test("warns from two weeks ahead", async () => {
    expect((await status({ expiresAt: inDays(10) })).stdout).toMatch(
      /the token ends in (9|10) days; log in again/,
    );
  });

  test.each([
    [{ scopes: ["read_user"] }, /lacks the scope read_api/],
    [{ revoked: true }, /revoked/],
    [{ expiresAt: "2020-01-01T00:00:00Z" }, /expired/],
  ])("--check fails with a token like %j", async (facts, message) => {
    const { code, stderr } = await status(facts, "--check");
    expect(code).toBe(1);
    expect(stderr).toMatch(message);
    expect(stderr).not.toContain(CANARY);
  });

  test("with --json is data, without the token", async () => {
    const { stdout } = await status({}, "--json");
    expect(JSON.parse(stdout)).toMatchObject({
      instances: [
        { instance: gitlab.url, source: "GITLAB_TOKEN", canReadArtifacts: true, scopes: ["read_api"] },
      ],
    });
    expect(stdout).not.toContain(CANARY);
  });
});
