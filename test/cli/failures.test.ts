/** What GitLab, the network and the disk can do to a run: one clear error, no stack, no secret, every file as it was. */
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { EmbeddedGitLab } from "../../src/simulator/simulator.js";
import { addBuild, expectFailure, startWithBuild, TOKEN } from "./failing-run.js";
import { makeRepository, readFiles } from "./repository.js";
import { runCli } from "./run-cli.js";

let gitlab: EmbeddedGitLab;

beforeEach(async () => void (gitlab = await startWithBuild()));
afterEach(() => gitlab.close());

const newRepository = () => makeRepository({ gitlab: gitlab.url });

describe("tokens", () => {
  test("without a token GitLab's 404 is explained by the missing token", async () => {
    const cwd = newRepository();
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

    const stderr = await expectFailure(newRepository(), { env: { GITLAB_TOKEN: token } });

    expect(stderr).toMatch(message);
    expect(stderr).toContain("GITLAB_TOKEN");
  });

  test("a token is not sent to a host that only the repository names", async () => {
    const stderr = await expectFailure(makeRepository({ gitlab: "https://evil.example.org" }), {
      env: { GITLAB_HOST: "https://gitlab.example.com" },
    });

    expect(stderr).toContain("evil.example.org");
  });
});

describe("GitLab and the network", () => {
  test("HTML instead of JSON is not taken for an answer", async () => {
    gitlab.fault({ path: /\/api\/v4\//, kind: "html" });

    expect(await expectFailure(newRepository())).toMatch(/no JSON \(text\/html\)/);
  });

  test("a sign-in page is named as one", async () => {
    gitlab.fault({ path: /\/artifacts/, kind: "sign-in" });

    expect(await expectFailure(newRepository())).toMatch(/sign[- ]in/i);
  });

  test("other bytes under a locked job stop everything", async () => {
    const repository = newRepository();
    expect(await runCli(["lock"], { cwd: repository, env: { GITLAB_TOKEN: TOKEN } })).toMatchObject({
      code: 0,
    });
    gitlab.fault({ path: /\/artifacts/, kind: "wrong-bytes" });

    expect(await expectFailure(repository, { args: ["lock", "--rehash"] })).toContain("SAME_JOB_OTHER_BYTES");
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
    addBuild(gitlab, "acme 2\n");
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
    cpSync(newRepository(), directory, { recursive: true });
    return use(directory).finally(() => execFileSync("umount", [directory]));
  }

  test("a full disk leaves every file as it was", () =>
    onTmpfs("size=48k", async (directory) => {
      writeFileSync(join(directory, "filler"), "x".repeat(4096));

      expect(await expectFailure(directory)).toContain("ENOSPC");
    }));

  test("a read-only directory is named", () =>
    onTmpfs("size=1m", async (directory) => {
      execFileSync("mount", ["-o", "remount,ro", directory]);

      expect(await expectFailure(directory)).toMatch(/EROFS[^]*writable/);
    }));
});
