import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "vitest";
import { startGitLab } from "../src/simulator/simulator.js";
import { CLI } from "../test/cli/run-cli.js";
import { sample } from "./measure.js";

const FILES = 200;
const IN_EACH = 50;
const TOKEN = "glpat-bench000000000000000";

/** One artifact is asked about, so that reading the manifests is nearly all there is to do. */
test("outdated of one artifact among 10,000 declarations in 200 files", async () => {
  const gitlab = await startGitLab();
  gitlab.addToken({ token: TOKEN, kind: "personal", scopes: ["read_api"] });
  gitlab.addProject({ path: "g/p0" });
  gitlab.addPipeline("g/p0", {
    ref: "main",
    jobs: [{ name: "build", artifacts: { files: { "out/linux": "0", "out/mac": "0" } } }],
  });
  const directory = mkdtempSync(join(tmpdir(), "bench-manifests-"));
  writeManifests(directory, gitlab.url);
  const outdated = {
    command: process.execPath,
    args: [CLI, "outdated", "p0"],
    cwd: directory,
    env: { GITLAB_TOKEN: TOKEN },
  };
  const samples = [await sample(outdated), await sample(outdated), await sample(outdated)];
  await gitlab.close();
  rmSync(directory, { recursive: true });
  const best = Math.min(...samples.map(({ seconds }) => seconds));
  const peak = Math.max(...samples.map(({ peakMiB }) => peakMiB));
  process.stdout.write(
    `outdated of one among 10,000 in 200 files: ${best.toFixed(2)} s, ${peak.toFixed(0)} MiB  aim: ≤ 3 s, ≤ 200 MiB\n`,
  );
});

function writeManifests(directory: string, url: string): void {
  mkdirSync(join(directory, "manifests"));
  for (let file = 0; file < FILES; file += 1) {
    const declarations = Array.from({ length: IN_EACH }, (_, index) =>
      declaration(file * IN_EACH + index, url),
    );
    writeFileSync(
      join(directory, "manifests", `team-${file}.ts`),
      `import { defineArtifacts } from "nix-artifacts";\nexport default defineArtifacts([\n${declarations.join("")}]);\n`,
    );
  }
}

function declaration(n: number, url: string): string {
  return `  {
    name: "p${n}", description: "Tool ${n}", gitlab: ${JSON.stringify(url)}, project: "g/p${n}",
    ref: { branch: "main" }, job: "build", file: "out/{os}", form: "executable",
    systems: { "x86_64-linux": { os: "linux" }, "aarch64-darwin": { os: "mac" } },
  },
`;
}
