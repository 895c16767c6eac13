/** An instance with one build, and a run there that fails as it should. */
import { expect } from "vitest";
import { type EmbeddedGitLab, startGitLab } from "../../src/simulator/simulator.js";
import { readFiles } from "./repository.js";
import { runCli } from "./run-cli.js";

export const TOKEN = "glpat-failures00000000000";

export async function startWithBuild(): Promise<EmbeddedGitLab> {
  const gitlab = await startGitLab();
  gitlab.addToken({ token: TOKEN, kind: "personal", scopes: ["read_api"] });
  gitlab.addProject({ path: "platform/acme", visibility: "private" });
  addBuild(gitlab, "acme 1\n");
  return gitlab;
}

export function addBuild(gitlab: EmbeddedGitLab, text: string): void {
  const jobs = [{ name: "build", artifacts: { files: { acme: text } } }];
  gitlab.addPipeline("platform/acme", { ref: "main", jobs });
}

interface FailingRun {
  readonly env?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
}

/** Runs `lock`, expects it to fail without touching a file, and returns what the user reads. */
export async function expectFailure(
  cwd: string,
  { env = {}, args = ["lock"] }: FailingRun = {},
): Promise<string> {
  const before = readFiles(cwd);
  const { code, stdout, stderr } = await runCli(args, { cwd, env: { GITLAB_TOKEN: TOKEN, ...env } });

  expect(stderr).toMatch(/^error [A-Z_]+/);
  expect(code).toBe(1);
  expect(stderr).not.toMatch(/\n\s+at .*\.js:\d+/);
  for (const secret of [TOKEN, ...Object.values(env)]) expect(stdout + stderr).not.toContain(secret);
  expect(readFiles(cwd)).toEqual(before);
  return stderr;
}
