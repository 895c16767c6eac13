/** What GitLab, the network and the disk can do to a run: one clear error, no stack, no secret, every file as it was. */
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { startGitLab, type EmbeddedGitLab } from "../../src/simulator/simulator.js";
import { makeRepository, readFiles } from "./repository.js";
import { runCli } from "./run-cli.js";

const TOKEN = "glpat-failures00000000000";

let gitlab: EmbeddedGitLab;

beforeEach(async () => {
  gitlab = await startGitLab();
  gitlab.addToken({ token: TOKEN, kind: "personal", scopes: ["read_api"] });
  gitlab.addProject({ path: "platform/acme", visibility: "private" });
  addPipeline("acme 1\n");
});

afterEach(() => gitlab.close());

function addPipeline(text: string): void {
  gitlab.addPipeline("platform/acme", {
    ref: "main",
    jobs: [{ name: "build", artifacts: { files: { acme: text } } }],
  });
}

interface Run {
  readonly env?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
  readonly repository?: string;
}

/** Runs `lock`, expects it to fail without touching a file, and returns what the user reads. */
async function expectFailure({ env = {}, args = ["lock"], repository }: Run = {}): Promise<string> {
  const cwd = repository ?? makeRepository({ gitlab: gitlab.url });
  const before = readFiles(cwd);
  const { code, stdout, stderr } = await runCli(args, { cwd, env: { GITLAB_TOKEN: TOKEN, ...env } });

  expect(stderr).toMatch(/^error [A-Z_]+/);
  expect(code).toBe(1);
  expect(stderr).not.toMatch(/\n\s+at .*\.js:\d+/);
  for (const secret of [TOKEN, ...Object.values(env)]) expect(stdout + stderr).not.toContain(secret);
  expect(readFiles(cwd)).toEqual(before);
  return stderr;
}

describe("tokens", () => {
  test("without a token GitLab's 404 is explained by the missing token", async () => {
    const cwd = makeRepository({ gitlab: gitlab.url });
    const { code, stderr } = await runCli(["lock"], { cwd });

    expect(code).toBe(1);
    expect(stderr).toMatch(/no token was sent/i);
    expect(stderr).toContain("GITLAB_TOKEN");
  });

  test.each([
    ["unknown", {}, /401/],
    ["expired", { expiresAt: "2020-01-01T00:00:00Z" }, /expired/],
    ["revoked", { revoked: true }, /revoked/],
    ["wrong-scope", { scopes: ["read_user" as const] }, /scope/],
  ])("a token that is %s is told apart, by its source", async (kind, facts, message) => {
    const token = `glpat-${kind}-0000000000000`;
    if (kind !== "unknown") gitlab.addToken({ token, kind: "personal", scopes: ["read_api"], ...facts });

    const stderr = await expectFailure({ env: { GITLAB_TOKEN: token } });

    expect(stderr).toMatch(message);
    expect(stderr).toContain("GITLAB_TOKEN");
  });

  test("a token is not sent to a host that only the repository names", async () => {
    const stderr = await expectFailure({
      env: { GITLAB_HOST: "https://gitlab.example.com" },
      repository: makeRepository({ gitlab: "https://evil.example.org" }),
    });

    expect(stderr).toContain("evil.example.org");
  });
});

describe("GitLab and the network", () => {
  test("an instance out of reach is named with the reason", async () => {
    const stderr = await expectFailure({ repository: makeRepository({ gitlab: "http://127.0.0.1:1" }) });

    expect(stderr).toMatch(/127\.0\.0\.1:1[^]*(refused|ECONNREFUSED)/);
  });

  test("HTML instead of JSON is not taken for an answer", async () => {
    gitlab.fault({ path: /\/api\/v4\//, kind: "html" });

    expect(await expectFailure()).toMatch(/no JSON \(text\/html\)/);
  });

  test("a sign-in page is named as one", async () => {
    gitlab.fault({ path: /\/artifacts/, kind: "sign-in" });

    expect(await expectFailure()).toMatch(/sign[- ]in/i);
  });

  test("a body that breaks off is never locked", async () => {
    gitlab.fault({ path: /\/artifacts/, kind: "truncated" });

    expect(await expectFailure()).toMatch(/byte|closed|ended|short/i);
  });

  test("an answer that echoes the token does not show it", async () => {
    gitlab.fault({ path: /\/jobs/, kind: "echo-headers" });

    await expectFailure();
  });

  test("other bytes under a locked job stop everything", async () => {
    const repository = makeRepository({ gitlab: gitlab.url });
    expect(await runCli(["lock"], { cwd: repository, env: { GITLAB_TOKEN: TOKEN } })).toMatchObject({
      code: 0,
    });
    gitlab.fault({ path: /\/artifacts/, kind: "wrong-bytes" });

    expect(await expectFailure({ args: ["lock", "--rehash"], repository })).toContain("SAME_JOB_OTHER_BYTES");
  });

  test("one artifact that fails keeps its entry and does not keep the others from being locked", async () => {
    const other = `import { defineArtifact } from "nix-artifacts";
export default defineArtifact({
  name: "other", gitlab: ${JSON.stringify(gitlab.url)}, project: "platform/other",
  ref: { branch: "main" }, job: "build", file: "other", systems: "any",
});
`;
    gitlab.addProject({ path: "platform/other", visibility: "private" });
    gitlab.addPipeline("platform/other", {
      ref: "main",
      jobs: [{ name: "build", artifacts: { files: { other: "1" } } }],
    });
    const cwd = makeRepository({ gitlab: gitlab.url }, { "manifests/other.ts": other });
    const env = { GITLAB_TOKEN: TOKEN };
    expect(await runCli(["lock"], { cwd, env })).toMatchObject({ code: 0 });
    const before = lockOf(cwd);
    addPipeline("acme 2\n");
    gitlab.fault({ path: /projects\/platform%2Fother/, kind: "html" });

    const { code, stderr } = await runCli(["lock"], { cwd, env });

    expect(code).toBe(1);
    expect(stderr).toContain("platform%2Fother");
    expect(lockOf(cwd)["other"]).toEqual(before["other"]);
    expect(lockOf(cwd)["acme"]).not.toEqual(before["acme"]);
  });
});

function lockOf(directory: string): Record<string, unknown> {
  return (
    JSON.parse(readFiles(directory)["artifacts.lock.json"] ?? "{}") as { artifacts: Record<string, unknown> }
  ).artifacts;
}

describe("the disk", () => {
  function onTmpfs(options: string, use: (directory: string) => Promise<void>): Promise<void> {
    const directory = mkdtempSync(join(tmpdir(), "disk-"));
    execFileSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", directory]);
    cpSync(makeRepository({ gitlab: gitlab.url }), directory, { recursive: true });
    return use(directory).finally(() => execFileSync("umount", [directory]));
  }

  test("a full disk leaves every file as it was", () =>
    onTmpfs("size=48k", async (directory) => {
      writeFileSync(join(directory, "filler"), "x".repeat(4096));

      expect(await expectFailure({ repository: directory })).toContain("ENOSPC");
    }));

  test("a read-only directory is named", () =>
    onTmpfs("size=1m", async (directory) => {
      execFileSync("mount", ["-o", "remount,ro", directory]);

      expect(await expectFailure({ repository: directory })).toMatch(/EROFS[^]*writable/);
    }));
});
