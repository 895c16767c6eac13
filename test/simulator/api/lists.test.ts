import type { IncomingHttpHeaders } from "node:http";
import { afterEach, beforeEach, expect, test } from "vitest";
import { startGitLab, type EmbeddedGitLab } from "../../../src/simulator/simulator.js";
import { ask } from "../requests.js";

let gitlab: EmbeddedGitLab;

beforeEach(async () => {
  gitlab = await startGitLab({ now: () => new Date("2026-11-20T08:00:00Z") });
  gitlab.addToken({ token: "t", kind: "personal" });
  gitlab.addProject({ path: "g/app" });
});

afterEach(() => gitlab.close());

function get(path: string) {
  const url = path.startsWith("http") ? path : `${gitlab.url}/api/v4/projects/1${path}`;
  return ask(url, { token: "t" });
}

async function ids(path: string): Promise<number[]> {
  return (await get(path)).json<{ id: number }[]>().map(({ id }) => id);
}

function linkOf(headers: IncomingHttpHeaders, rel: string): string | undefined {
  return new RegExp(`<([^>]*)>; rel="${rel}"`).exec(String(headers["link"]))?.[1];
}

test("pages by offset carry totals and links that lead through the whole list", async () => {
  for (let count = 0; count < 5; count += 1) gitlab.addPipeline("g/app", { ref: "main" });
  const first = await get("/pipelines?per_page=2&ref=main");
  expect(first.headers).toMatchObject({
    "x-page": "1",
    "x-per-page": "2",
    "x-next-page": "2",
    "x-prev-page": "",
    "x-total": "5",
    "x-total-pages": "3",
  });
  const second = linkOf(first.headers, "next") ?? "";
  expect(second).toContain("ref=main");
  expect(await ids(second)).toEqual([1003, 1002]);
  const last = await get(linkOf(first.headers, "last") ?? "");
  expect(last.headers["x-next-page"]).toBe("");
  expect(linkOf(last.headers, "next")).toBeUndefined();
  expect((await get("/pipelines?per_page=500")).headers["x-per-page"]).toBe("100");
});

test("beyond ten thousand rows there are no totals", async () => {
  for (let count = 0; count < 10_000; count += 1) gitlab.addPipeline("g/app", { ref: "main" });
  expect((await get("/pipelines")).headers["x-total"]).toBe("10000");
  gitlab.addPipeline("g/app", { ref: "main" });
  const { headers } = await get("/pipelines");
  expect([headers["x-total"], headers["x-total-pages"], linkOf(headers, "last")]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
  expect(headers["x-next-page"]).toBe("2");
});

test("links do not repeat a token of the query", async () => {
  const { headers } = await ask(`${gitlab.url}/api/v4/projects/1/pipelines?private_token=t`);
  expect(linkOf(headers, "first")).not.toContain("private_token");
});

test("links name the origin that the instance is configured for", async () => {
  gitlab.knobs.linkOrigin = "https://gitlab.example.com";
  const { headers } = await get("/pipelines");
  expect(linkOf(headers, "first")).toMatch(
    /^https:\/\/gitlab\.example\.com\/api\/v4\/projects\/1\/pipelines\?/,
  );
});

test("the jobs of a project are not counted, limited by offset, and can be read by keyset", async () => {
  const { id } = gitlab.addPipeline("g/app", { ref: "main" });
  for (const name of ["a", "b", "c"]) gitlab.addJob("g/app", id, { name });
  const offset = await get("/jobs?per_page=2");
  expect(offset.headers).not.toHaveProperty("x-total");
  expect(linkOf(offset.headers, "last")).toBeUndefined();
  const far = await get("/jobs?per_page=100&page=501");
  expect(far.status).toBe(405);
  expect(far.text).toContain(
    "maximum allowed offset of 50000 for requests that return objects of type Ci::Build",
  );
  const keyset = await get("/jobs?pagination=keyset&order_by=id&sort=desc&per_page=2");
  expect(keyset.headers).not.toHaveProperty("x-page");
  const rest = await get(linkOf(keyset.headers, "next") ?? "");
  expect(rest.json<{ name: string }[]>().map(({ name }) => name)).toEqual(["a"]);
  expect(rest.headers).not.toHaveProperty("link");
  const unsupported = await get("/pipelines?pagination=keyset");
  expect([unsupported.status, unsupported.text]).toEqual([
    405,
    '{"error":"Keyset pagination is not yet available for this type of request"}',
  ]);
});

test("pipelines are filtered by what the query says, and its mistakes are refused", async () => {
  const sha = "a".repeat(40);
  gitlab.addPipeline("g/app", { ref: "main", status: "failed", updatedAt: "2026-11-19T00:00:00Z" });
  const parent = gitlab.addPipeline("g/app", { ref: "main", sha });
  const tagged = gitlab.addPipeline("g/app", { ref: "v1", tag: true, source: "web" });
  const child = gitlab.addPipeline("g/app", { ref: "main", parent: parent.id });
  expect(await ids("/pipelines")).toEqual([tagged.id, parent.id, 1001]);
  expect(await ids("/pipelines?ref=main&status=success")).toEqual([parent.id]);
  expect(await ids("/pipelines?source=parent_pipeline")).toEqual([child.id]);
  expect(await ids(`/pipelines?sha=${sha}`)).toEqual([parent.id]);
  expect(await ids("/pipelines?scope=tags")).toEqual([tagged.id]);
  expect(await ids("/pipelines?scope=branches")).toEqual([parent.id]);
  expect(await ids("/pipelines?updated_before=2026-11-19T12:00:00Z")).toEqual([1001]);
  expect(await ids("/pipelines?order_by=status&sort=asc")).toEqual([1001, parent.id, tagged.id]);
  const wrong = await get("/pipelines?status=done");
  expect([wrong.status, wrong.text]).toEqual([400, '{"error":"status does not have a valid value"}']);
});

test("a pipeline shows its jobs without retried ones, and the pipelines that it started", async () => {
  const { id } = gitlab.addPipeline("g/app", { ref: "main" });
  const old = gitlab.addJob("g/app", id, { name: "build" });
  const now = gitlab.retryJob(old.id, { status: "failed" });
  const child = gitlab.addPipeline("g/app", { ref: "main", parent: id });
  expect(await ids(`/pipelines/${id}/jobs`)).toEqual([now.id]);
  expect(await ids(`/pipelines/${id}/jobs?include_retried=true`)).toEqual([now.id, old.id]);
  expect(await ids(`/pipelines/${id}/jobs?scope[]=success&scope[]=manual`)).toEqual([]);
  expect((await get(`/pipelines/${id}/jobs?scope[]=x`)).text).toBe(
    '{"error":"scope does not have a valid value"}',
  );
  expect((await get("/jobs?scope[]=x")).text).toBe('{"message":"Scope contains invalid value(s)"}');
  for (const name of ["bridges", "trigger_jobs"]) {
    const [bridge] = (await get(`/pipelines/${id}/${name}`)).json<object[]>();
    expect(bridge).toMatchObject({ downstream_pipeline: { id: child.id, project_id: 1 } });
  }
  const bridges = [{ name: "trigger nothing", status: "failed" as const }];
  const failed = gitlab.addPipeline("g/app", { ref: "main", bridges });
  const [nothing] = (await get(`/pipelines/${failed.id}/bridges`)).json<object[]>();
  expect(nothing).toMatchObject({ name: "trigger nothing", status: "failed", downstream_pipeline: null });
  gitlab.knobs.version = "19.1.0";
  expect((await get(`/pipelines/${id}/trigger_jobs`)).status).toBe(404);
});

test("the latest pipeline is the newest of any status, and forbidden where there is none", async () => {
  gitlab.addPipeline("g/app", { ref: "main" });
  const failed = gitlab.addPipeline("g/app", { ref: "main", status: "failed" });
  expect((await get("/pipelines/latest")).json()).toMatchObject({ id: failed.id, tag: false });
  expect((await get("/pipelines/latest?ref=none")).status).toBe(403);
});

test("a job shows its archive, its pipeline and its commit", async () => {
  const { id, sha } = gitlab.addPipeline("g/app", { ref: "main" });
  const artifacts = { name: "app", files: { a: "1" }, expireAt: "2027-01-01T00:00:00Z" };
  const job = gitlab.addJob("g/app", id, { name: "build", artifacts });
  expect((await get(`/jobs/${job.id}`)).json()).toMatchObject({
    id: job.id,
    name: "build",
    status: "success",
    ref: "main",
    commit: { id: sha, created_at: "2026-11-20T08:00:00.000Z" },
    pipeline: { id, project_id: 1, status: "success" },
    artifacts_file: { filename: "app.zip", size: job.artifacts?.archive?.zip.size },
    artifacts_expire_at: "2027-01-01T00:00:00.000Z",
  });
});

test("tags come in the order that was asked for", async () => {
  const commit = "b".repeat(40);
  const tags = [
    { name: "v1.9.0", commit, committedAt: "2026-02-01T00:00:00Z" },
    { name: "v1.10.0", commit, committedAt: "2026-01-01T00:00:00Z" },
  ];
  gitlab.addProject({ path: "g/tagged", tags });
  const names = async (query: string) => {
    const answer = await get(`${gitlab.url}/api/v4/projects/g%2Ftagged/repository/tags${query}`);
    return answer.json<{ name: string }[]>().map(({ name }) => name);
  };
  expect(await names("")).toEqual(["v1.9.0", "v1.10.0"]);
  expect(await names("?order_by=version&sort=desc")).toEqual(["v1.10.0", "v1.9.0"]);
  expect(await names("?order_by=name&sort=asc")).toEqual(["v1.10.0", "v1.9.0"]);
  expect(await names("?search=^v1.9")).toEqual(["v1.9.0"]);
});

test("a status is seen late when the instance is slow to compute it", async () => {
  gitlab.knobs.pipelineStatusLagMs = 1000;
  gitlab.addPipeline("g/app", { ref: "main" });
  const older = gitlab.addPipeline("g/app", { ref: "main", updatedAt: "2026-11-20T07:59:59Z" });
  expect(await ids("/pipelines?status=success")).toEqual([older.id]);
});

test("JSON answers carry a weak tag and 304 works with it", async () => {
  const { headers } = await get("");
  const again = await ask(`${gitlab.url}/api/v4/projects/1`, {
    token: "t",
    headers: { "if-none-match": String(headers.etag) },
  });
  expect([headers.etag?.startsWith('W/"'), again.status, again.text]).toEqual([true, 304, ""]);
});

test("the rate limit is told on every answer and refuses what exceeds it", async () => {
  gitlab.knobs.rateLimit = { limit: 2, periodSeconds: 60 };
  const allowed = [];
  for (let count = 0; count < 2; count += 1) {
    const { status, headers } = await get("");
    allowed.push([status, headers["ratelimit-remaining"]]);
  }
  expect(allowed).toEqual([
    [200, "1"],
    [200, "0"],
  ]);
  const refused = await get("");
  expect([refused.status, refused.text]).toEqual([429, "Retry later\n"]);
  expect(refused.headers).toMatchObject({
    "retry-after": "60",
    "ratelimit-resettime": "Fri, 20 Nov 2026 08:01:00 GMT",
    "ratelimit-name": "throttle_authenticated_api",
  });
});

test("the projects of a group: subgroups on request, by role, archived or not, and never by keyset", async () => {
  gitlab.addProject({ path: "g/sub/deep" });
  gitlab.addProject({ path: "g/old", archived: true });
  gitlab.addProject({ path: "gg/other" });
  gitlab.addToken({ token: "guest", kind: "personal", role: "guest", projects: ["g/app"] });
  const group = `${gitlab.url}/api/v4/groups/g/projects`;

  expect(await ids(`${group}?order_by=id&sort=asc`)).toEqual([1, 3]);
  expect(await ids(`${group}?order_by=id&sort=asc&include_subgroups=true`)).toEqual([1, 2, 3]);
  expect(await ids(`${group}?include_subgroups=true&archived=false`)).toEqual([2, 1]);
  expect((await ask(`${group}?min_access_level=30`, { token: "guest" })).json()).toEqual([]);
  expect((await ask(group, { token: "guest" })).json()).toMatchObject([{ id: 1, archived: false }]);
  expect((await get(`${group}?pagination=keyset&order_by=id`)).status).toBe(405);
  expect((await get(`${gitlab.url}/api/v4/groups/nobody/projects`)).json()).toEqual({
    message: "404 Group Not Found",
  });
});
