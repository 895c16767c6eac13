/** Every fault against the one request that asks many projects at once: the run goes on without it, and its result is the same. */
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { ReadProject, ReadRequest } from "../../src/read-project.js";
import type { FaultKind } from "../../src/simulator/http/faults.js";
import { type EmbeddedGitLab, startGitLab } from "../../src/simulator/simulator.js";
import { declare, makeRepository, readFiles } from "../cli/repository.js";
import { type FaultRow, waits } from "../faults/fault-row.js";
import { FAULTS } from "../faults/faults.js";
import { ATTEMPTS, outcomeOf, TOKEN, type World, worldOf } from "./world.js";

// A thread runs JavaScript only, and would load the parser for each of the runs.
vi.mock("../../src/read-project-thread.js", () => ({
  async readProjectOnThread(request: ReadRequest): Promise<ReadProject> {
    const { readProject } = await import("../../src/read-project.js");
    return readProject(request);
  },
}));

const PATHS = ["g/a", "g/b", "g/c"];
const ROWS = FAULTS.filter(({ spoils }) => spoils !== "bytes");

interface Scene {
  readonly gitlab: EmbeddedGitLab;
  /** The files without any fault. */
  readonly expected: Readonly<Record<string, string>>;
}

let shared: Scene;

beforeAll(async () => void (shared = await makeScene()));
afterAll(() => shared.gitlab.close());

const quick = ROWS.filter((row) => !waits(row));
// A run that hangs fails by this.
test.each(quick)("the lock is the same with: $name", { timeout: 10_000 }, (row) => isAsGood(shared, row));

// Each has an instance of its own, so that they wait together.
test.concurrent.each(ROWS.filter(waits))("the lock is the same with: $name", async (row) => {
  const scene = await makeScene();
  try {
    await isAsGood(scene, row);
  } finally {
    await scene.gitlab.close();
  }
});

async function makeScene(): Promise<Scene> {
  const gitlab = await startGitLab();
  gitlab.addToken({ token: TOKEN, kind: "personal", scopes: ["read_api"] });
  for (const path of PATHS) {
    gitlab.addProject({ path });
    const artifacts = { files: { app: path } };
    gitlab.addPipeline(path, { ref: "main", jobs: [{ name: "build", artifacts }] });
  }
  const world = makeWorld(gitlab);
  expect(await outcomeOf(world, "lock")).toMatchObject({ errors: [] });
  expect(askedAtOnce(gitlab, 0)).toBe(1);
  return { gitlab, expected: readFiles(world.cwd) };
}

async function isAsGood({ gitlab, expected }: Scene, row: FaultRow): Promise<void> {
  const world = makeWorld(gitlab);
  gitlab.clearFaults();
  gitlab.fault({ path: "/api/graphql", ...kindOf(gitlab, row) });
  const asked = gitlab.requests.length;

  const { errors, said } = await outcomeOf(world, "lock");

  expect(errors).toEqual([]);
  expect(readFiles(world.cwd)).toEqual(expected);
  expect(`${said}\n${world.shown()}`).not.toContain(TOKEN);
  expect(gitlab.leaks).toEqual([]);
  expect(askedAtOnce(gitlab, asked)).toBe(row.passes ? ATTEMPTS : 1);
}

function kindOf(gitlab: EmbeddedGitLab, { kind }: FaultRow): FaultKind {
  const elsewhere = { otherUrl: gitlab.storageUrl, secureUrl: gitlab.storageUrl.replace("http:", "https:") };
  return typeof kind === "function" ? kind(elsewhere) : kind;
}

function askedAtOnce(gitlab: EmbeddedGitLab, since: number): number {
  return gitlab.requests.slice(since).filter(({ path }) => path === "/api/graphql").length;
}

function makeWorld(gitlab: EmbeddedGitLab): World {
  const cwd = makeRepository({ gitlab: gitlab.url });
  const artifacts = PATHS.map((project) => ({ name: project.slice(-1), project, file: "app" }));
  declare(cwd, gitlab.url, artifacts);
  return worldOf(gitlab, cwd);
}
