import { afterEach, beforeEach, expect, test } from "vitest";
import { type EmbeddedGitLab, startGitLab } from "../../src/simulator/simulator.js";

const TOKEN = "glpat-graphql000000000000";

let instance: EmbeddedGitLab;

beforeEach(async () => {
  instance = await startGitLab();
  instance.addToken({ token: TOKEN, kind: "personal", projects: ["g/mine"] });
  instance.addProject({ path: "g/mine", formerPaths: ["g/old"] });
  instance.addProject({ path: "g/other" });
  const { id } = instance.addPipeline("g/mine", { ref: "main" });
  const old = instance.addJob("g/mine", id, { name: "build", artifacts: { files: { app: "1" } } });
  instance.retryJob(old.id);
});

afterEach(() => instance.close());

const JOBS = 'pipelines(ref: "main", status: SUCCESS, first: 1) { nodes { jobs(ARGS) { nodes { name } } } }';

test("leaves out what the caller may not see, and what is at a former path, without an error", async () => {
  const answer = await ask(
    `{ projects(fullPaths: ["g/mine", "g/other", "g/old", "g/none"]) { nodes { fullPath } } }`,
  );
  expect(answer).toEqual({ data: { projects: { nodes: [{ fullPath: "g/mine" }] } } });
});

test("finds projects by path in whatever case, and by id", async () => {
  const mine = { data: { projects: { nodes: [{ fullPath: "g/mine" }] } } };
  expect(await ask(`{ projects(fullPaths: ["G/Mine"]) { nodes { fullPath } } }`)).toEqual(mine);
  expect(await ask(`{ projects(ids: ["gid://gitlab/Project/1"]) { nodes { fullPath } } }`)).toEqual(mine);
  const none = { data: { projects: { nodes: [] } } };
  expect(await ask(`{ projects(fullPaths: ["1"], ids: ["1"]) { nodes { fullPath } } }`)).toEqual(none);
});

test("has the jobs that start pipelines in the list, which REST keeps apart", async () => {
  const [{ id = 0 } = {}] = instance.state.projectAt("g/mine").pipelines;
  instance.addPipeline("g/mine", { ref: "main", source: "parent_pipeline", parent: id });
  const query = `{ projects(fullPaths: ["g/mine"]) { nodes { ${JOBS.replace("name", "id").replace("ARGS", "retried: false")} } } }`;
  expect(JSON.stringify(await ask(query)).match(/Ci::\w+/g)).toEqual(["Ci::Bridge", "Ci::Build"]);
});

test.each([
  ["first: 100", 2],
  ["retried: false, first: 100", 1],
])(
  "lists jobs with %s: attempts that were replaced are among them unless asked not to be",
  async (args, count) => {
    const answer = await ask(
      `{ projects(fullPaths: ["g/mine"], first: 1) { nodes { ${JOBS.replace("ARGS", args)} } } }`,
    );
    expect(JSON.stringify(answer).match(/"name":"build"/g)).toHaveLength(count);
  },
);

test("tells what a query costs when it is too much: a page that is not given counts as a hundred", async () => {
  const jobs = (first: string) => `pipelines { nodes { jobs${first} { nodes { id name status } } } }`;
  const eight = (first: string) => Array.from({ length: 8 }, (_, i) => `a${i}: ${jobs(first)}`).join(" ");
  const query = (first: string) =>
    `{ projects(fullPaths: ["g/mine"], first: 50) { nodes { ${eight(first)} } } }`;
  expect(JSON.stringify(await ask(query("")))).toMatch(
    /complexity of \d+, which exceeds max complexity of 250/,
  );
  expect(JSON.stringify(await ask(query("(first: 1)")))).toContain('"name":"build"');
});

test("refuses more than fifty paths, unknown fields, and unknown tokens", async () => {
  const paths = JSON.stringify(Array.from({ length: 51 }, (_, i) => `g/p${i}`));
  expect(JSON.stringify(await ask(`{ projects(fullPaths: ${paths}) { nodes { id } } }`))).toContain(
    "50 full paths",
  );
  expect(JSON.stringify(await ask("{ projects { nodes { secrets } } }"))).toContain("Cannot query field");
  expect(await ask("{ projects { nodes { id } } }", "glpat-unknown")).toEqual({
    errors: [{ message: "Invalid token" }],
  });
});

async function ask(query: string, token = TOKEN): Promise<unknown> {
  const response = await fetch(`${instance.url}/api/graphql`, {
    method: "POST",
    headers: { "private-token": token, "content-type": "application/json" },
    body: JSON.stringify({ query }),
  });
  return response.json();
}
