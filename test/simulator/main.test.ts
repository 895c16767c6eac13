import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ask } from "./requests.js";

let directory: string;
let main: string;

beforeAll(() => {
  const root = fileURLToPath(new URL("../..", import.meta.url));
  mkdirSync(join(root, ".cache"), { recursive: true });
  directory = mkdtempSync(join(root, ".cache", "simulator-"));
  execFileSync("npx", ["tsc", "-p", "tsconfig.build.json", "--outDir", directory, "--declaration", "false"], {
    cwd: root,
  });
  main = join(directory, "simulator", "main.js");
});

afterAll(() => rmSync(directory, { recursive: true }));

function stateFile(state: unknown): string {
  const file = join(directory, "gitlab.json");
  writeFileSync(file, JSON.stringify(state));
  return file;
}

test("started alone, it serves the state of a JSON file until it is told to stop", async () => {
  const state = {
    knobs: { storage: "local" },
    now: "2026-11-20T08:00:00Z",
    tokens: [{ token: "t", kind: "personal" }],
    projects: [
      {
        path: "g/app",
        pipelines: [
          {
            ref: "main",
            jobs: [{ name: "build", artifacts: { files: { "bin/app": { base64: "AAEC", mode: "755" } } } }],
          },
        ],
      },
    ],
  };
  const child = spawn(process.execPath, [main, "--state", stateFile(state), "--port", "0"]);
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const [, url = ""] = /^GitLab: (.*)$/.exec(String((await lines.next()).value)) ?? [];
  const file = await ask(`${url}/api/v4/projects/1/jobs/artifacts/main/raw/bin/app?job=build`, {
    token: "t",
  });
  expect([...file.bytes]).toEqual([0, 1, 2]);
  child.kill("SIGTERM");
  expect((await once(child, "exit"))[0]).toBe(0);
});

test("a mistake in the state is named with its place", async () => {
  const child = spawn(process.execPath, [main, "--state", stateFile({ projects: [{ path: "app" }] })]);
  const errors = createInterface(child.stderr)[Symbol.asyncIterator]();
  expect((await errors.next()).value).toContain('expected a full path such as "group/project"');
  expect((await errors.next()).value).toContain("at projects[0].path");
  if (child.exitCode === null) await once(child, "exit");
  expect(child.exitCode).toBe(2);
});
