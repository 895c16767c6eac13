/** What GraphQL does not tell, tells only in part or tells of another project: the answer is the one that REST alone gives. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { resolve, type ResolveOutcome } from "../../src/resolve/resolve.js";
import type { FaultKind } from "../../src/simulator/http/faults.js";
import { type EmbeddedGitLab, startGitLab } from "../../src/simulator/simulator.js";
import { CANARY, canaryFor, connect } from "../gitlab/test-client.js";
import { declaredVariant } from "./declared-variant.js";
import { lockedEntry, lockedVariant } from "./locked-variant.js";

const PATHS = ["g/a", "g/b", "g/c"];

let instance: EmbeddedGitLab;
let warnings: string[];

beforeEach(async () => {
  instance = await startGitLab();
  instance.addToken({ token: CANARY, kind: "personal" });
  warnings = [];
});

afterEach(() => instance.close());

function addProject(path: string, others = 0, formerPaths: readonly string[] = []): number {
  const { id } = instance.addProject({ path, formerPaths: [...formerPaths] });
  const jobs = Array.from({ length: others }, (_, at) => ({ name: `test ${at}/${others}` }));
  const build = { name: "build", artifacts: { files: { "dist/app": path } } };
  instance.addPipeline(path, { ref: "main", jobs: [build, ...jobs] });
  return id;
}

async function resolved(
  projects: readonly string[],
  previousOf: (project: string) => number | undefined = () => undefined,
): Promise<readonly ResolveOutcome[]> {
  const variants = projects.map((project) => declaredVariant({ gitlab: instance.url, project }));
  return resolve(variants, {
    gitlab: connect({ credentials: canaryFor(instance.url) }),
    now: new Date("2026-06-20T12:00:00Z"),
    previous: ({ project }) => {
      const projectId = previousOf(project);
      return projectId === undefined ? undefined : lockedEntry(lockedOf(projectId), { project });
    },
    onWarning: ({ message }) => warnings.push(message),
  });
}

function lockedOf(projectId: number) {
  return lockedVariant({ projectId, url: `${instance.url}/api/v4/projects/${projectId}/jobs/1/artifacts/x` });
}

/** By REST alone, and how many requests each way took. */
async function bothWays(projects: readonly string[]) {
  const first = instance.requests.length;
  const together = await resolved(projects);
  const second = instance.requests.length;
  instance.clearFaults();
  instance.knobs.graphql = false;
  const alone = await resolved(projects);
  const pathsOf = (from: number, to?: number) =>
    instance.requests.slice(from, to).map(({ path }) => decodeURIComponent(path));
  return { together, alone, asked: pathsOf(first, second), askedAlone: pathsOf(second) };
}

const listOf = (path: string) => `/api/v4/projects/${path}/pipelines?`;

describe("of an answer", () => {
  const ERROR = { message: "Timeout on Pipeline.jobs" };
  const sha = "c".repeat(40);
  const commit = {
    sha,
    title: "A",
    authoredDate: "2026-01-01T00:00:00Z",
    committedDate: "2026-01-01T00:00:00Z",
  };
  const jobs = { pageInfo: { hasNextPage: false }, nodes: [] };
  const empty = {
    id: "gid://gitlab/Ci::Pipeline/1001",
    ref: "main",
    sha,
    status: "SUCCESS",
    source: "push",
    commit,
    jobs,
  };
  const project = { id: "gid://gitlab/Project/1", fullPath: "g/a", pipelines: { nodes: [empty] } };
  const partial = JSON.stringify({ data: { projects: { nodes: [project, null] } }, errors: [ERROR] });
  test.each<[string, FaultKind]>([
    ["with errors beside the data", { kind: "answer", status: 200, body: partial }],
    ["without data", { kind: "answer", status: 200, body: JSON.stringify({ data: null, errors: [ERROR] }) }],
    ["of another shape", { kind: "answer", status: 200, body: "{}" }],
    ["without the list of projects", { kind: "fields", setNull: ["projects"] }],
    ["without pipelines", { kind: "fields", setNull: ["pipelines"] }],
    ["without jobs", { kind: "fields", setNull: ["jobs"] }],
    ["without the commit", { kind: "fields", setNull: ["commit"] }],
    ["without artifacts", { kind: "fields", setNull: ["artifacts"] }],
    ["without nodes", { kind: "fields", setNull: ["nodes"] }],
    ["without the kinds of files", { kind: "fields", setNull: ["fileType"] }],
  ])("%s nothing is believed that it does not tell", async (_, kind) => {
    for (const path of PATHS) addProject(path);
    instance.fault({ path: "/api/graphql", ...kind });

    const { together, alone } = await bothWays(PATHS);

    expect(alone.every((one) => "resolved" in one)).toBe(true);
    expect(together).toEqual(alone);
  });
});

test("a project with more jobs than a page holds is asked itself, and the others are not", async () => {
  for (const path of PATHS) addProject(path, path === "g/b" ? 150 : 3);

  const { together, alone, asked } = await bothWays(PATHS);

  expect(together).toEqual(alone);
  expect(asked.filter((path) => /\/pipelines/.test(path))).toEqual([
    "/api/v4/projects/2/pipelines/1002/jobs?per_page=100",
    expect.stringContaining("/api/v4/projects/2/pipelines/1002/jobs?"),
  ]);
});

test("projects that are named by their ids are asked at once as well", async () => {
  const ids = PATHS.map((path) => String(addProject(path)));

  const { together, alone, asked, askedAlone } = await bothWays(ids);

  expect(together).toEqual(alone);
  expect(asked.filter((path) => path.includes("/pipelines"))).toEqual([]);
  expect(askedAlone.filter((path) => path.includes("/pipelines"))).toHaveLength(6);
});

test("upper and lower case name the same project, in both ways", async () => {
  for (const path of PATHS) addProject(path);

  const { together, alone, asked } = await bothWays(["G/A", "g/B", "g/c"]);

  expect(together).toEqual(alone);
  expect(asked.filter((path) => path.includes("/pipelines"))).toEqual([]);
  expect(warnings).toEqual([]);
});

test("a project that has moved is told with its new path and its id", async () => {
  addProject("g/a");
  const id = addProject("g/new", 0, ["g/b"]);
  addProject("g/c");

  const { together, alone, asked } = await bothWays(PATHS);

  expect(together).toEqual(alone);
  expect(together[1]).toMatchObject({ resolved: { projectId: id, projectPath: "g/new" } });
  expect(warnings).toEqual(
    Array(2).fill(`The project g/b has moved to g/new; write project: "g/new", or its id ${id}.`),
  );
  expect(asked.filter((path) => path.startsWith(listOf("g/b")))).toHaveLength(1);
});

test("a project that another has replaced at its path is refused", async () => {
  for (const path of PATHS) addProject(path);
  const ofAnother = (project: string) => (project === "g/b" ? 4711 : undefined);

  const together = await resolved(PATHS, ofAnother);
  instance.knobs.graphql = false;

  expect(together[1]).toMatchObject({ error: { code: "RESOLVE_PROJECT_REPLACED" } });
  expect(together.filter((one) => "error" in one)).toHaveLength(1);
  expect(await resolved(PATHS, ofAnother)).toEqual(together);
});
