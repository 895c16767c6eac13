import { cpSync, mkdirSync, mkdtempSync, rmSync, watch, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startGitLab, type EmbeddedGitLab } from "../../src/simulator/simulator.js";
import { readFiles } from "./repository.js";
import { runCli } from "./run-cli.js";

const TOKEN = "glpat-interrupt0000000000";

let gitlab: EmbeddedGitLab;
let repository: string;
/** Every file of the repository before a run, and after one that nobody interrupts. */
let old: Readonly<Record<string, string>>;
let fresh: Readonly<Record<string, string>>;

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
  old = readFiles(repository);
  const finished = copy();
  expect(await lock(finished)).toMatchObject({ code: 0 });
  fresh = readFiles(finished);
  expect(fresh["artifacts.lock.json"]).not.toBe(old["artifacts.lock.json"]);
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

/** When a run is interrupted: at a request that gets no end, or after so many changes of the folders that it writes. */
type Moment = "asking" | "downloading" | number;
const MOMENTS: readonly (readonly [NodeJS.Signals, Moment])[] = [
  ...(["asking", "downloading", 1, 2, 3, 5, 8, 13] as const).map((moment) => ["SIGKILL", moment] as const),
  ...(["asking", "downloading", 1, 5] as const).map((moment) => ["SIGINT", moment] as const),
];

test.each(MOMENTS)(
  "%s at the moment %s leaves each file old or new, and the next run finishes the work",
  async (signal, moment) => {
    const directory = copy();
    const waits = new AbortController();
    if (moment === "asking") gitlab.fault({ path: "/jobs", kind: "silent" });
    if (moment === "downloading") gitlab.fault({ path: "/artifacts", kind: "stalled" });
    const asked = gitlab.requests.length;
    const result = await lock(directory, (child) => {
      const kill = () => child.kill(signal);
      if (typeof moment === "number") return killAfter(moment, directory, { kill, until: waits.signal });
      const path = moment === "asking" ? "/jobs" : "/artifacts";
      const stalled = () => gitlab.requests.slice(asked).some((request) => request.path.includes(path));
      const timer = setInterval(() => {
        if (!stalled()) return;
        clearInterval(timer);
        kill();
      }, 10);
      waits.signal.addEventListener("abort", () => clearInterval(timer));
    });
    waits.abort();
    gitlab.clearFaults();

    if (typeof moment === "string") expect(result.signal).toBe(signal);
    for (const [path, text] of Object.entries(readFiles(directory))) {
      if (path.endsWith(".tmp")) expect(signal).toBe("SIGKILL");
      else expect([old[path], fresh[path]]).toContain(text);
    }
    expect(await lock(directory)).toMatchObject({ code: 0 });
    expect(readFiles(directory)).toEqual(fresh);
  },
);

/** Counts what happens in the folders that are written. */
function killAfter(
  changes: number,
  directory: string,
  { kill, until }: { readonly kill: () => void; readonly until: AbortSignal },
): void {
  let seen = 0;
  for (const folder of [".", "nix/artifacts", "nix/artifacts/artifacts"]) {
    watch(join(directory, folder), { signal: until }, () => {
      seen++;
      if (seen === changes) kill();
    });
  }
}

function copy(): string {
  const directory = mkdtempSync(join(tmpdir(), "interrupted-"));
  cpSync(repository, directory, { recursive: true });
  return directory;
}
