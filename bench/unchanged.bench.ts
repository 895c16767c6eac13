import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "vitest";
import { CLI } from "../test/cli/run-cli.js";
import { sample } from "./measure.js";

const SIMULATOR = fileURLToPath(new URL("../dist/simulator/main.js", import.meta.url));
const TOKEN = "glpat-bench000000000000000";
const NUMBERS = Array.from({ length: 1000 }, (_, index) => index + 1);

/** How many requests that is, `test/resolve/unchanged.test.ts` asserts: one for fifty projects. */
test("lock of 1,000 artifacts in 1,000 projects at 20 ms latency", async () => {
  const directory = mkdtempSync(join(tmpdir(), "bench-unchanged-"));
  const { url, stop } = await startProjects(directory);
  writeManifest(directory, url);
  const lock = {
    command: process.execPath,
    args: [CLI, "lock", "--quiet"],
    cwd: directory,
    env: { GITLAB_TOKEN: TOKEN },
  };
  const first = await sample(lock);
  const unchanged = [await sample(lock), await sample(lock), await sample(lock)];
  stop();
  rmSync(directory, { recursive: true });
  const best = Math.min(...unchanged.map(({ seconds }) => seconds));
  const peak = Math.max(...unchanged.map(({ peakMiB }) => peakMiB));
  process.stdout.write(
    `lock, 1,000 projects: all new ${first.seconds.toFixed(2)} s; unchanged ${best.toFixed(2)} s, ${peak.toFixed(0)} MiB  aim: unchanged ≤ 2 s, ≤ 200 MiB\n`,
  );
});

async function startProjects(directory: string): Promise<{ url: string; stop: () => void }> {
  const projects = NUMBERS.map((id) => ({
    id,
    path: `g/p${id}`,
    pipelines: [{ ref: "main", jobs: [{ name: "build", artifacts: { files: { app: String(id) } } }] }],
  }));
  const tokens = [{ token: TOKEN, kind: "personal", scopes: ["read_api"] }];
  const state = join(directory, "gitlab.json");
  writeFileSync(state, JSON.stringify({ tokens, projects }));
  const args = [SIMULATOR, "--state", state, "--port", "0", "--latency", "20"];
  const gitlab = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = (await once(gitlab.stdout, "data")) as [Buffer];
  return { url: /http:\/\/[0-9.:]+/.exec(line.toString())?.[0] ?? "", stop: () => void gitlab.kill() };
}

function writeManifest(directory: string, url: string): void {
  mkdirSync(join(directory, "manifests"));
  writeFileSync(
    join(directory, "manifests", "all.ts"),
    `import { defineArtifacts } from "nix-artifacts";
const NUMBERS = ${JSON.stringify(NUMBERS.map(String))};
export default defineArtifacts(NUMBERS.map((n) => ({
  name: "p" + n, gitlab: ${JSON.stringify(url)}, project: "g/p" + n,
  ref: { branch: "main" }, job: "build", file: "app", systems: "any" as const,
})));
`,
  );
}
