/** Every place that can hold a credential, with the real program behind it. */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { findCredentials } from "../../src/credentials/find-credentials.js";
import { CANARY, type Home, failure, installGlab, makeHome } from "./home.js";
import { SOURCES } from "./sources.js";

const HERE = new URL("https://gitlab.example.com/api/v4/projects/7/jobs/1/artifacts");
const ELSEWHERE = [
  "https://evil.example/",
  "https://gitlab.example.com.evil.example/",
  "https://gitlab.example.com:8443/",
  "http://gitlab.example.com/",
];

let home: Home;

beforeEach(() => {
  home = makeHome();
});

describe.each(Object.keys(SOURCES))("the token from %s", (name) => {
  test("goes to its host", async () => {
    const { env, tokenFile, source } = (await SOURCES[name]?.(home, HERE)) ?? { source: "" };
    const credential = await findCredentials({ env: { ...home.env, ...env }, tokenFile }).for(HERE);
    const header = name === "CI_JOB_TOKEN" ? "job-token" : "private-token";
    expect(credential?.headers).toEqual({ [header]: CANARY });
    expect(credential?.source).toMatch(source);
  });

  test.each(ELSEWHERE)("goes nowhere else: %s", async (url) => {
    const { env, tokenFile } = (await SOURCES[name]?.(home, HERE)) ?? {};
    const credentials = findCredentials({ env: { ...home.env, ...env }, tokenFile });
    const got = await credentials.for(new URL(url)).catch((error: unknown) => String(error));
    expect(JSON.stringify(got ?? "")).not.toContain("canary");
    expect(["string", "undefined"]).toContain(typeof got);
  });
});

test("the sources come in their order", async () => {
  const named = async (env: Record<string, string>, tokenFile?: string) =>
    (await findCredentials({ env: { ...home.env, ...env }, tokenFile }).for(HERE))?.source;
  home.write(".netrc", `machine gitlab.example.com login me password ${CANARY}\n`);
  home.write(".gitconfig", `[credential]\n  helper = store\n`);
  home.write(".git-credentials", `https://me:${CANARY}@gitlab.example.com\n`);
  expect(await named({})).toMatch(/netrc$/);
  installGlab(home);
  home.write(".config/glab-cli/config.yml", `hosts:\n    gitlab.example.com:\n        token: ${CANARY}\n`);
  expect(await named({})).toMatch(/^glab/);
  home.settings({ [HERE.origin]: { helper: [home.program("h", `echo '{"headers":{"a":["b"]}}'`)] } });
  expect(await named({})).toMatch(/helper h$/);
  expect(await named({ GITLAB_TOKEN: CANARY, GITLAB_HOST: "gitlab.example.com" })).toBe("GITLAB_TOKEN");
});

test("an unbound token does not stand in the way of one that is bound to the host", async () => {
  home.write(".netrc", `machine gitlab.example.com login me password ${CANARY}\n`);
  const credential = await findCredentials({ env: { ...home.env, GITLAB_TOKEN: "other" } }).for(HERE);
  expect(credential?.source).toMatch(/netrc$/);
});

describe("a host that nothing names", () => {
  const env = () => ({ ...home.env, GITLAB_TOKEN: CANARY });

  test("is asked about, where there is somebody to ask", async () => {
    const asked: string[] = [];
    const confirm = (source: string, origin: URL) => {
      asked.push(`${source} ${origin.origin}`);
      return Promise.resolve(true);
    };
    expect((await findCredentials({ env: env(), confirm }).for(HERE))?.headers).toEqual({
      "private-token": CANARY,
    });
    expect(asked).toEqual(["GITLAB_TOKEN https://gitlab.example.com"]);
  });

  test("gets nothing after a no", async () => {
    const error = await failure(
      findCredentials({ env: env(), confirm: () => Promise.resolve(false) }).for(HERE),
    );
    expect(error.code).toBe("CREDENTIALS_HOST_UNCONFIRMED");
  });
});

describe("the user's settings", () => {
  test("may allow plain http, for that instance only", async () => {
    home.settings({ "http://gitlab.lan": { trusted: true, plainHttp: true } });
    const credentials = findCredentials({ env: { ...home.env, GITLAB_TOKEN: CANARY } });
    expect((await credentials.for(new URL("http://gitlab.lan/api")))?.source).toBe("GITLAB_TOKEN");
    expect((await failure(credentials.for(new URL("http://other.lan/")))).code).toBe(
      "CREDENTIALS_PLAIN_HTTP",
    );
  });

  test("apply to the longest prefix of whole path segments", async () => {
    const file = (name: string) => ({ tokenFile: home.write(name, name) });
    home.settings({ [HERE.origin]: file("root"), [`${HERE.origin}/api/v4/projects/7`]: file("seven") });
    const credentials = findCredentials({ env: home.env });
    const token = async (path: string) =>
      (await credentials.for(new URL(path, HERE)))?.headers["private-token"];
    expect(await token("/api/v4/projects/7")).toBe("seven");
    expect(await token("/api/v4/projects/7/jobs")).toBe("seven");
    expect(await token("/api/v4/projects/77")).toBe("root");
  });

  test("that others may write are not followed", async () => {
    home.write(".config/nix-artifacts/settings.json", "{}", 0o666);
    const error = await failure(findCredentials({ env: home.env }).for(HERE));
    expect(error.code).toBe("CREDENTIALS_SETTINGS_WRITABLE");
  });

  test("with a misspelt field are an error that names it", async () => {
    home.settings({ [HERE.origin]: { trustd: true } });
    const error = await failure(findCredentials({ env: home.env }).for(HERE));
    expect(error.message).toMatch(/trustd/);
  });
});

test("glab's hosts are found with the port in the key and with the port in api_host", async () => {
  installGlab(home);
  const hosts = `hosts:\n    127.0.0.1:7777:\n        token: one\n    localhost:\n        api_host: localhost:8888\n        token: two\n`;
  home.write(".config/glab-cli/config.yml", hosts);
  const credentials = findCredentials({ env: home.env });
  expect((await credentials.for(new URL("http://127.0.0.1:7777/")))?.headers).toEqual({
    "private-token": "one",
  });
  expect((await credentials.for(new URL("http://localhost:8888/")))?.headers).toEqual({
    "private-token": "two",
  });
  expect(await credentials.for(new URL("http://localhost:9999/"))).toBeUndefined();
});

test("git is asked outside of the repository, so a repository's own helper is not run", async () => {
  const marker = `${home.path}/ran`;
  const repository = join(home.path, "repository");
  execFileSync("git", ["init", "--quiet", repository]);
  const helper = `!touch ${marker}; echo password=x`;
  execFileSync("git", ["-C", repository, "config", "credential.helper", helper]);
  const env = { ...home.env, GIT_DIR: `${home.path}/repository/.git` };
  expect(await findCredentials({ env }).for(HERE)).toBeUndefined();
  expect(existsSync(marker)).toBe(false);
});

describe("netrc", () => {
  const passwordFor = async (text: string, url = HERE) => {
    home.write(".netrc", text);
    return (await findCredentials({ env: home.env }).for(url))?.headers;
  };

  test.each([
    [
      "over several lines",
      "machine other.example password no\nmachine gitlab.example.com\n  login me\n  password yes\n",
    ],
    [
      "with a comment and a macro before",
      "# machine gitlab.example.com password no\nmacdef init\nmachine gitlab.example.com password no\n\nmachine gitlab.example.com login a password yes",
    ],
    ["with quotes", 'machine "gitlab.example.com" login "a b" password "yes"'],
    ["with an account", "machine gitlab.example.com account password password yes"],
  ])("is read %s", async (_, text) => {
    expect(await passwordFor(text)).toEqual({ "private-token": "yes" });
  });

  test("with only a default entry holds no token for anyone", async () => {
    expect(await passwordFor("default login me password no")).toBeUndefined();
  });

  test("with GitLab's user for job tokens holds one", async () => {
    expect(await passwordFor("machine gitlab.example.com login gitlab-ci-token password yes")).toEqual({
      "job-token": "yes",
    });
  });

  test("that others can read is refused with the chmod", async () => {
    home.write(".netrc", `machine gitlab.example.com password ${CANARY}`, 0o644);
    const error = await failure(findCredentials({ env: home.env }).for(HERE));
    expect(error.hint).toBe(`chmod 600 '${home.path}/.netrc'`);
  });
});

describe("a job's token", () => {
  const env = { GITLAB_CI: "true", CI_JOB_TOKEN: "t", CI_SERVER_URL: HERE.origin };

  test.each([
    ["/api/v4/projects/7/repository/tags", "19.5.0", 1],
    ["/api/v4/projects/7/jobs/artifacts/main/raw/a", "15.0.0", 0],
    ["/api/v4/projects/7/jobs/1/artifacts", undefined, 0],
    ["/api/v4/projects/7/jobs/1", "19.5.0", 1],
    ["/api/v4/projects/7/pipelines", "18.3.0", 1],
    ["/api/v4/projects/7/pipelines", "19.0.0", 0],
  ])("for %s on GitLab %s is warned about %d times before it is sent", async (path, version, count) => {
    const warnings: string[] = [];
    const options = {
      env: { ...env, CI_SERVER_VERSION: version },
      warn: (text: string) => void warnings.push(text),
    };
    const credentials = findCredentials(options);
    await credentials.for(new URL(path, HERE));
    await credentials.for(new URL(path, HERE));
    expect(warnings).toHaveLength(count);
  });
});
