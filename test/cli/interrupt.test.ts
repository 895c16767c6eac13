import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startGitLab, type EmbeddedGitLab } from "../../src/simulator/simulator.js";
import { readFiles } from "./repository.js";
import { runCli } from "./run-cli.js";

const TOKEN = "glpat-interrupt0000000000";
const ROUNDS = 50;

let gitlab: EmbeddedGitLab;
let repository: string;

/** A repository that is locked to an older pipeline, so that every run has a lock and an overlay to rewrite. */
beforeAll(async () => {
  gitlab = await startGitLab();
  gitlab.addToken({ token: TOKEN, kind: "personal", scopes: ["read_api"] });
  gitlab.addProject({ path: "group/tools" });
  addPipeline("old");
  repository = mkdtempSync(join(tmpdir(), "interrupt-"));
  mkdirSync(join(repository, "manifests"));
  writeFileSync(
    join(repository, "manifests", "tools.ts"),
    `import { defineArtifacts } from "nix-artifacts";
export default defineArtifacts(["a", "b", "c", "d"].map((name) => ({
  name, gitlab: ${JSON.stringify(gitlab.url)}, project: "group/tools",
  ref: { branch: "main" }, job: "build", file: name, systems: "any",
})));
`,
  );
  expect(await lock(repository)).toMatchObject({ code: 0 });
  addPipeline("new");
});

afterAll(async () => {
  await gitlab.close();
  rmSync(repository, { recursive: true });
});

function addPipeline(content: string): void {
  const files = Object.fromEntries(["a", "b", "c", "d"].map((name) => [name, `${name} ${content}\n`]));
  gitlab.addPipeline("group/tools", { ref: "main", jobs: [{ name: "build", artifacts: { files } }] });
}

function lock(cwd: string, onStart?: Parameters<typeof runCli>[1]["onStart"]) {
  return runCli(["lock"], {
    cwd,
    env: { GITLAB_TOKEN: TOKEN },
    ...(onStart === undefined ? {} : { onStart }),
  });
}

test.each(["SIGKILL", "SIGINT"] as const)(
  "%s at any moment leaves each file old or new, and the next run finishes the work",
  async (signal) => {
    const old = readFiles(repository);
    const finished = copy();
    const started = performance.now();
    expect(await lock(finished)).toMatchObject({ code: 0 });
    const duration = performance.now() - started;
    const fresh = readFiles(finished);
    expect(fresh["artifacts.lock.json"]).not.toBe(old["artifacts.lock.json"]);
    let interrupted = 0;

    for (let round = 0; round < ROUNDS / 2; round += 1) {
      const directory = copy();
      const delay = Math.random() * duration;
      const result = await lock(directory, (child) => setTimeout(() => child.kill(signal), delay));
      interrupted += result.signal === signal ? 1 : 0;

      for (const [path, text] of Object.entries(readFiles(directory))) {
        if (path.endsWith(".tmp")) expect(signal).toBe("SIGKILL");
        else expect([old[path], fresh[path]]).toContain(text);
      }
      expect(await lock(directory)).toMatchObject({ code: 0 });
      expect(readFiles(directory)).toEqual(fresh);
      rmSync(directory, { recursive: true });
    }

    expect(interrupted).toBeGreaterThan(ROUNDS / 10);
  },
  300_000,
);

function copy(): string {
  const directory = mkdtempSync(join(tmpdir(), "interrupted-"));
  cpSync(repository, directory, { recursive: true });
  return directory;
}
