import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, test } from "vitest";
import { CLI } from "../test/cli/run-cli.js";
import { compare, report } from "./measure.js";
import { type Server, startSimulator } from "./servers.js";

const TOKEN = "glpat-bench000000000000000";
const GIB = 2 ** 30;

let directory: string;
let gitlab: Server;

/** The server runs in a process of its own, for both sides alike. */
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "bench-lock-"));
  const state = {
    tokens: [{ token: TOKEN, kind: "personal", scopes: ["read_api"] }],
    projects: [
      {
        id: 1,
        path: "big/file",
        pipelines: [
          {
            id: 1,
            ref: "main",
            jobs: [
              { id: 1, name: "build", artifacts: { files: { big: { size: GIB, seed: 1 }, small: "1" } } },
            ],
          },
        ],
      },
    ],
  };
  gitlab = await startSimulator(directory, state);
  mkdirSync(join(directory, "manifests"));
  writeFileSync(
    join(directory, "manifests", "files.ts"),
    `import { defineArtifacts } from "nix-artifacts";
export default defineArtifacts(["big", "small"].map((name) => ({
  name, gitlab: ${JSON.stringify(gitlab.url)}, project: "big/file",
  ref: { branch: "main" }, job: "build", file: name, systems: "any" as const,
})));
`,
  );
});

afterAll(async () => {
  await gitlab.end();
  rmSync(directory, { recursive: true });
});

test("lock of one artifact of 1 GiB against curl piped into openssl", async () => {
  const lock = (name: string) => ({
    command: process.execPath,
    args: [CLI, "lock", "--quiet", name],
    cwd: directory,
    env: { GITLAB_TOKEN: TOKEN },
    before: () => rmSync(join(directory, "artifacts.lock.json"), { force: true }),
  });
  const download = `${gitlab.url}/api/v4/projects/1/jobs/1/artifacts/big`;
  const theirs = {
    command: "sh",
    args: ["-c", `curl -sS -H 'PRIVATE-TOKEN: ${TOKEN}' ${download} | openssl dgst -sha256`],
  };
  const whole = await compare(lock("big"), theirs, 5);
  report("lock, 1 GiB, the whole run / curl | openssl", whole, "≤ 200 MiB");
  // What a lock takes for one byte is no matter of throughput.
  const { ours: start } = await compare(lock("small"), theirs, 3);
  const ours = whole.ours - start;
  report(
    "lock, 1 GiB, without its start / curl | openssl",
    { ...whole, ours, ratio: ours / whole.theirs },
    "ratio ≤ 1.11",
  );
});
