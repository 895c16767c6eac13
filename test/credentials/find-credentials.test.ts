import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { describe, expect, onTestFinished, test } from "vitest";
import { findCredentials } from "../../src/credentials/find-credentials.js";
import { Secret } from "../../src/credentials/secret.js";
import { UserError } from "../../src/errors.js";

const TOKEN = "glpat-canary0canary0canary0";
const URL_HERE = new URL("https://gitlab.example.com/api/v4/version");

describe("GITLAB_TOKEN", () => {
  test.each([
    ["GITLAB_HOST", "gitlab.example.com"],
    ["GITLAB_HOST", "https://gitlab.example.com"],
    ["GITLAB_HOST", "https://gitlab.example.com/prefix/"],
    ["GITLAB_HOST", "GitLab.Example.com:443"],
    ["CI_SERVER_URL", "https://gitlab.example.com"],
  ])("goes to the host that %s=%s names", async (variable, value) => {
    const credential = await findCredentials({ env: { GITLAB_TOKEN: TOKEN, [variable]: value } }).for(
      URL_HERE,
    );
    expect(credential).toEqual({ headers: { "private-token": TOKEN }, source: "GITLAB_TOKEN" });
  });

  test.each([
    "https://gitlab.example.com.evil.example/",
    "https://evil.example/gitlab.example.com",
    "https://gitlab.example.com:8443/",
    "https://gitlab.example.com@evil.example/",
    "https://sub.gitlab.example.com/",
    "http://other.example.com/",
  ])("stays home when %s is asked", async (url) => {
    const env = { GITLAB_TOKEN: TOKEN, GITLAB_HOST: "gitlab.example.com" };
    expect(await findCredentials({ env }).for(new URL(url))).toBeUndefined();
  });

  test("without a host that anything names is an error with the export that confirms it", async () => {
    const error = await failure(findCredentials({ env: { GITLAB_TOKEN: TOKEN } }).for(URL_HERE));
    expect(error.code).toBe("CREDENTIALS_HOST_UNCONFIRMED");
    expect(error.hint).toMatch(
      /artifacts auth trust https:\/\/gitlab.example.com; or: export GITLAB_HOST=gitlab.example.com$/,
    );
    expect(error.message).not.toContain("canary");
  });

  test("for another port is confirmed with the port", async () => {
    const url = new URL("https://gitlab.example.com:8443/api/v4/version");
    const error = await failure(findCredentials({ env: { GITLAB_TOKEN: TOKEN } }).for(url));
    expect(error.hint).toContain("export GITLAB_HOST=gitlab.example.com:8443");
  });

  test("with GITLAB_HOST does not go to the CI server", async () => {
    const env = { GITLAB_TOKEN: TOKEN, GITLAB_HOST: "other.example.com", CI_SERVER_URL: URL_HERE.origin };
    expect(await findCredentials({ env }).for(URL_HERE)).toBeUndefined();
  });

  test.each(["http://127.0.0.1:8080/", "http://localhost/", "http://[::1]:80/", "https://127.9.9.9/"])(
    "goes to %s without any setting",
    async (url) => {
      const credential = await findCredentials({ env: { GITLAB_TOKEN: TOKEN } }).for(new URL(url));
      expect(credential?.headers).toEqual({ "private-token": TOKEN });
    },
  );

  test.each(["http://127.0.0.1.evil.example/", "http://localhost.evil.example/", "http://10.0.0.1/"])(
    "does not take %s for this machine",
    async (url) => {
      const error = await failure(findCredentials({ env: { GITLAB_TOKEN: TOKEN } }).for(new URL(url)));
      expect(error.code).toBe("CREDENTIALS_PLAIN_HTTP");
    },
  );

  test.each(["gitlab.example.com", "http://gitlab.example.com"])(
    "is not sent over plain http, even with GITLAB_HOST=%s",
    async (host) => {
      const env = { GITLAB_TOKEN: TOKEN, GITLAB_HOST: host };
      const error = await failure(findCredentials({ env }).for(new URL("http://gitlab.example.com/")));
      expect(error.code).toBe("CREDENTIALS_PLAIN_HTTP");
      expect(error.hint).toContain("use https://gitlab.example.com;");
    },
  );

  test("that is an OAuth access token is sent as bearer", async () => {
    const oauth = "0123456789abcdef".repeat(4);
    const env = { GITLAB_TOKEN: oauth, GITLAB_HOST: "gitlab.example.com" };
    expect((await findCredentials({ env }).for(URL_HERE))?.headers).toEqual({
      authorization: `Bearer ${oauth}`,
    });
  });

  test("is trimmed, and nothing when empty", async () => {
    const env = { GITLAB_HOST: "gitlab.example.com" };
    const trimmed = await findCredentials({ env: { ...env, GITLAB_TOKEN: ` ${TOKEN}\n` } }).for(URL_HERE);
    expect(trimmed?.headers).toEqual({ "private-token": TOKEN });
    expect(await findCredentials({ env: { ...env, GITLAB_TOKEN: " " } }).for(URL_HERE)).toBeUndefined();
  });

  test("with a line break in it is refused instead of becoming another header", async () => {
    const env = { GITLAB_TOKEN: `${TOKEN}\r\nx-evil: 1`, GITLAB_HOST: "gitlab.example.com" };
    const error = await failure(findCredentials({ env }).for(URL_HERE));
    expect(error.code).toBe("CREDENTIALS_BAD_TOKEN");
    expect(error.message).not.toContain("canary");
  });
});

describe("CI_JOB_TOKEN", () => {
  const job = { GITLAB_CI: "true", CI_JOB_TOKEN: "glcbt-64_canary", CI_SERVER_URL: URL_HERE.origin };

  test("goes to the server of the job as JOB-TOKEN", async () => {
    expect(await findCredentials({ env: job }).for(URL_HERE)).toEqual({
      headers: { "job-token": "glcbt-64_canary" },
      source: "CI_JOB_TOKEN",
    });
  });

  test("goes nowhere else, not even to this machine", async () => {
    const credentials = findCredentials({ env: job });
    expect(await credentials.for(new URL("https://other.example.com/"))).toBeUndefined();
    expect(await credentials.for(new URL("http://127.0.0.1:80/"))).toBeUndefined();
  });

  test("outside a job is not used", async () => {
    expect(await findCredentials({ env: { ...job, GITLAB_CI: undefined } }).for(URL_HERE)).toBeUndefined();
  });

  test("serves its own server when GITLAB_TOKEN belongs to another", async () => {
    const env = { ...job, GITLAB_TOKEN: TOKEN, GITLAB_HOST: "other.example.com" };
    const credentials = findCredentials({ env });
    expect((await credentials.for(URL_HERE))?.source).toBe("CI_JOB_TOKEN");
    expect((await credentials.for(new URL("https://other.example.com/")))?.source).toBe("GITLAB_TOKEN");
  });

  test("comes after GITLAB_TOKEN", async () => {
    const credentials = findCredentials({ env: { ...job, GITLAB_TOKEN: TOKEN } });
    expect((await credentials.for(URL_HERE))?.source).toBe("GITLAB_TOKEN");
  });
});

describe("--token-file", () => {
  const env = { GITLAB_HOST: "gitlab.example.com" };

  test("comes first, and is named with its path", async () => {
    const tokenFile = await fileWith(`${TOKEN}\n`);
    const credentials = findCredentials({ env: { ...env, GITLAB_TOKEN: "other" }, tokenFile });
    expect(await credentials.for(URL_HERE)).toEqual({
      headers: { "private-token": TOKEN },
      source: `--token-file ${tokenFile}`,
    });
  });

  test("is bound to its host like a token of the environment", async () => {
    const tokenFile = await fileWith(TOKEN);
    const error = await failure(findCredentials({ env: {}, tokenFile }).for(URL_HERE));
    expect(error.hint).toMatch(
      /artifacts auth trust https:\/\/gitlab.example.com; or: export GITLAB_HOST=gitlab.example.com$/,
    );
  });

  test("is read anew, so that a rotated token is used at once", async () => {
    const tokenFile = await fileWith("first");
    const credentials = findCredentials({ env, tokenFile });
    await credentials.for(URL_HERE);
    await writeFile(tokenFile, "second");
    expect((await credentials.for(URL_HERE))?.headers).toEqual({ "private-token": "second" });
  });

  test.each([0o640, 0o604, 0o644])(
    "that others can read (mode %o) is refused with the chmod",
    async (mode) => {
      const tokenFile = await fileWith(TOKEN, mode);
      const error = await failure(findCredentials({ env, tokenFile }).for(URL_HERE));
      expect(error.code).toBe("CREDENTIALS_TOKEN_FILE_READABLE");
      expect(error.hint).toBe(`chmod 600 '${tokenFile}'`);
      expect(error.message).not.toContain("canary");
    },
  );

  test.each([
    ["", "is empty"],
    [`${TOKEN}\n${TOKEN}\n`, "holds more than one line"],
  ])("with the content %j is refused", async (content, what) => {
    const error = await failure(findCredentials({ env, tokenFile: await fileWith(content) }).for(URL_HERE));
    expect(error.message).toContain(what);
    expect(error.message).not.toContain("canary");
  });

  test("that does not exist is named", async () => {
    const error = await failure(findCredentials({ env, tokenFile: "/nowhere/token" }).for(URL_HERE));
    expect(error.message).toBe("The token file /nowhere/token cannot be read: ENOENT.");
  });
});

test.each(["ftp://x", "a b", "https://user:pass@gitlab.example.com"])(
  "GITLAB_HOST=%s is refused with an example",
  (host) => {
    expect(() => findCredentials({ env: { GITLAB_HOST: host } })).toThrow(
      "GITLAB_HOST does not name a GitLab host",
    );
  },
);

test("a secret shows itself to nobody who does not ask for it", () => {
  const secret = new Secret(TOKEN);
  const shown = [
    String(secret),
    `${secret}`,
    JSON.stringify({ secret }),
    inspect({ secret }, { showHidden: true }),
  ];
  expect(shown.join(" ")).not.toContain("canary");
  expect(secret.reveal()).toBe(TOKEN);
});

async function fileWith(content: string, mode = 0o600): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "token-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, "token");
  await writeFile(file, content);
  await chmod(file, mode);
  return file;
}

async function failure(promise: Promise<unknown>): Promise<UserError> {
  const error = await promise.catch((error: unknown) => error);
  if (error instanceof UserError) return error;
  throw new Error(`expected a UserError, got ${inspect(error)}`);
}
