import { createHash } from "node:crypto";
import { afterEach, beforeEach, expect, test } from "vitest";
import { startGitLab, type EmbeddedGitLab } from "../../../src/simulator/simulator.js";
import { ask, type Asking } from "../requests.js";

let gitlab: EmbeddedGitLab;
let job: number;
let pipeline: number;

beforeEach(async () => {
  gitlab = await startGitLab({ knobs: { storage: "local" }, now: () => new Date("2026-11-20T08:00:00Z") });
  gitlab.addToken({ token: "reader", kind: "personal", name: "reader" });
  gitlab.addToken({ token: "writer", kind: "personal", scopes: ["api"], role: "maintainer" });
  gitlab.addProject({ path: "g/app", formerPaths: ["old/app"] });
  const files = { "dist/app.txt": "hello\n", "dist/app.bin": Buffer.from([0, 1, 2]), "a b/é.json": "{}" };
  pipeline = gitlab.addPipeline("g/app", { ref: "feature/x" }).id;
  job = gitlab.addJob("g/app", pipeline, { name: "build: [linux, x86_64]", artifacts: { files } }).id;
});

afterEach(() => gitlab.close());

function get(path: string, asking: Asking = {}) {
  return ask(`${gitlab.url}/api/v4/projects/g%2Fapp${path}`, { token: "reader", ...asking });
}

const jobQuery = `job=${encodeURIComponent("build: [linux, x86_64]")}`;

test("an archive on local disk is served with the headers of Workhorse, and in ranges", async () => {
  const whole = await get(`/jobs/${job}/artifacts`);
  expect(whole.status).toBe(200);
  expect(whole.headers).toMatchObject({
    "content-type": "application/octet-stream",
    "content-disposition": `attachment; filename="artifacts.zip"; filename*=UTF-8''artifacts.zip`,
    "content-transfer-encoding": "binary",
    "accept-ranges": "bytes",
    "content-length": String(whole.bytes.length),
    "last-modified": "Fri, 20 Nov 2026 08:00:00 GMT",
  });
  expect(whole.bytes.subarray(0, 4).toString("latin1")).toBe("PK\x03\x04");

  const part = await get(`/jobs/${job}/artifacts`, { headers: { range: "bytes=10-19" } });
  expect(part.status).toBe(206);
  expect(part.headers["content-range"]).toBe(`bytes 10-19/${whole.bytes.length}`);
  expect(part.bytes).toEqual(whole.bytes.subarray(10, 20));

  const tail = await get(`/jobs/${job}/artifacts`, { headers: { range: "bytes=-5" } });
  expect(tail.bytes).toEqual(whole.bytes.subarray(-5));

  const beyond = await get(`/jobs/${job}/artifacts`, { headers: { range: "bytes=999999-" } });
  expect(beyond.status).toBe(416);
  expect(beyond.headers["content-range"]).toBe(`bytes */${whole.bytes.length}`);
});

test("HEAD answers what GET would, without the body", async () => {
  const head = await get(`/jobs/${job}/artifacts`, { method: "HEAD" });
  expect([head.status, head.bytes.length]).toEqual([200, 0]);
  expect(Number(head.headers["content-length"])).toBeGreaterThan(100);
});

test("a ref with a slash is found raw and encoded, and gives the same archive as the job id", async () => {
  const byJob = await get(`/jobs/${job}/artifacts`);
  for (const ref of ["feature/x", "feature%2Fx"]) {
    const byRef = await get(`/jobs/artifacts/${ref}/download?${jobQuery}`);
    expect(byRef.bytes).toEqual(byJob.bytes);
  }
});

test("object storage answers GET with 302 and HEAD with 303, each signed for its own method", async () => {
  gitlab.knobs.storage = "direct";
  const redirect = await get(`/jobs/${job}/artifacts`);
  const location = String(redirect.headers.location);
  expect(redirect.status).toBe(302);
  expect(redirect.headers["content-type"]).toBe("text/plain");
  expect(redirect.text).toBe(`This resource has been moved temporarily to ${location}.`);
  expect(location.startsWith(gitlab.storageUrl)).toBe(true);
  const stored = await ask(location);
  expect(stored.bytes.subarray(0, 2).toString()).toBe("PK");
  expect((await ask(location, { method: "HEAD" })).status).toBe(403);

  const head = await get(`/jobs/${job}/artifacts`, { method: "HEAD" });
  expect(head.status).toBe(303);
  expect((await ask(String(head.headers.location), { method: "HEAD" })).status).toBe(200);
  expect((await ask(String(head.headers.location))).text).toContain("<Code>SignatureDoesNotMatch</Code>");
});

test("the storage refuses Authorization as S3 does, and records every credential that it is sent", async () => {
  gitlab.knobs.storage = "direct";
  const location = String((await get(`/jobs/${job}/artifacts`)).headers.location);
  const refused = await ask(location, { headers: { authorization: "Bearer reader" } });
  expect(refused.status).toBe(400);
  expect(refused.headers["content-type"]).toBe("application/xml");
  expect(refused.text).toContain("<Code>InvalidArgument</Code><Message>Only one auth mechanism allowed");
  expect((await ask(location, { token: "reader", headers: { "job-token": "unknown" } })).status).toBe(200);
  expect(gitlab.leaks.map(({ header, token }) => [header, token])).toEqual([
    ["authorization", "reader"],
    ["private-token", "reader"],
    ["job-token", undefined],
  ]);
  await ask(`${location}&private_token=reader`);
  expect(gitlab.leaks.at(-1)).toMatchObject({ header: "?private_token", token: "reader" });
});

test("a presigned URL expires", async () => {
  let time = Date.parse("2026-11-20T08:00:00Z");
  const other = await startGitLab({ now: () => new Date(time), knobs: { presignTtlSeconds: 60 } });
  other.addProject({ path: "g/app", visibility: "public" });
  const { id } = other.addPipeline("g/app", { ref: "main" });
  other.addJob("g/app", id, { name: "build", artifacts: { files: { a: "1" } } });
  const { headers } = await ask(`${other.url}/api/v4/projects/1/jobs/artifacts/main/download?job=build`);
  time += 59_000;
  expect((await ask(String(headers.location))).status).toBe(200);
  time += 1000;
  const late = await ask(String(headers.location));
  expect([late.status, late.text.includes("Request has expired")]).toEqual([403, true]);
  await other.close();
});

test("proxied storage streams through, with ranges", async () => {
  const local = await get(`/jobs/${job}/artifacts`);
  gitlab.knobs.storage = "proxied";
  expect((await get(`/jobs/${job}/artifacts`)).bytes).toEqual(local.bytes);
  const part = await get(`/jobs/${job}/artifacts`, { headers: { range: "bytes=4-" } });
  expect([part.status, part.bytes]).toEqual([206, local.bytes.subarray(4)]);
  const head = await get(`/jobs/${job}/artifacts`, { method: "HEAD" });
  expect([head.status, head.headers["content-length"]]).toEqual([200, String(local.bytes.length)]);
  expect(head.headers.etag).toMatch(/^"[0-9a-f]{32}-1"$/);
  expect(gitlab.leaks).toEqual([]);
});

test("a single file is served whole, by job id with the type of its extension, by ref with the type of its bytes", async () => {
  const byJob = await get(`/jobs/${job}/artifacts/dist/app.bin`, { headers: { range: "bytes=1-1" } });
  expect([byJob.status, byJob.bytes]).toEqual([200, Buffer.from([0, 1, 2])]);
  expect(byJob.headers["content-type"]).toBe("application/octet-stream");
  expect(byJob.headers["content-disposition"]).toBe('attachment; filename="app.bin"');
  const json = await get(`/jobs/${job}/artifacts/a%20b/%C3%A9.json`);
  expect([json.text, json.headers["content-type"]]).toEqual(["{}", "application/json"]);
  const byRef = await get(`/jobs/artifacts/feature/x/raw/dist/app.txt?${jobQuery}`);
  expect([byRef.text, byRef.headers["content-type"]]).toEqual(["hello\n", "text/plain; charset=utf-8"]);
});

test("names beyond ASCII and with line breaks reach the client", async () => {
  const artifacts = { name: "日本", files: { "日本\n.txt": "1" } };
  const { id } = gitlab.addJob("g/app", pipeline, { name: "names", artifacts });
  const file = await get(`/jobs/${id}/artifacts/${encodeURIComponent("日本\n.txt")}`);
  const disposition = Buffer.from(String(file.headers["content-disposition"]), "latin1").toString();
  expect(disposition).toBe('attachment; filename="日本 .txt"');
  expect((await get(`/jobs/${id}/artifacts`)).headers["content-disposition"]).toBe(
    `attachment; filename="??.zip"; filename*=UTF-8''%E6%97%A5%E6%9C%AC.zip`,
  );
});

test("what is missing in an archive is Workhorse's 404, a path that leads out of it a 400", async () => {
  const missing = await get(`/jobs/${job}/artifacts/dist/nothing`);
  expect([missing.status, missing.text]).toEqual([404, "404 page not found\n"]);
  expect((await get(`/jobs/${job}/artifacts/dist`)).text).toBe("404 page not found\n");
  const unsafe = await get(`/jobs/${job}/artifacts/dist/..%2F..%2Fetc`);
  expect([unsafe.status, unsafe.text]).toEqual([400, '{"message":"400 Bad request"}']);
});

test("the tree lists one directory, or everything below it, since 18.8", async () => {
  const top = await get(`/jobs/${job}/artifacts/tree`);
  expect(top.json()).toEqual([
    { name: "a b", path: "a b/", type: "directory", mode: "040755" },
    { name: "dist", path: "dist/", type: "directory", mode: "040755" },
  ]);
  const below = await get(`/jobs/${job}/artifacts/tree?path=dist&recursive=true&per_page=1`);
  expect(below.json()).toEqual([
    { name: "app.bin", path: "dist/app.bin", type: "file", size: 3, mode: "100644" },
  ]);
  expect(below.headers["x-total"]).toBe("2");
  expect((await get(`/jobs/${job}/artifacts/tree?path=src`)).text).toBe('{"message":"404 Path Not Found"}');
  gitlab.knobs.version = "18.7.0";
  expect((await get(`/jobs/${job}/artifacts/tree`)).text).toBe("404 page not found\n");
});

test("checks come in GitLab's order, each with its own body", async () => {
  const body = async (path: string, asking: Asking = {}) => {
    const { status, text } = await ask(`${gitlab.url}/api/v4${path}`, asking);
    return `${status} ${text}`;
  };
  const token = "reader";
  expect(await body("/projects/1/jobs/x/artifacts", { token: "nope" })).toBe(
    '401 {"message":"401 Unauthorized"}',
  );
  expect(await body("/projects/1/jobs/x/artifacts", { token })).toBe('400 {"error":"job_id is invalid"}');
  expect(await body("/projects/1/jobs/artifacts/main/download", { token })).toBe(
    '400 {"error":"job is missing"}',
  );
  expect(await body("/projects/9/jobs/1/artifacts", { token })).toBe(
    '404 {"message":"404 Project Not Found"}',
  );
  expect(await body(`/projects/1/jobs/${job}/artifacts`)).toBe('404 {"message":"404 Project Not Found"}');
  expect(await body("/projects/1/jobs/5/artifacts", { token })).toBe('404 {"message":"404 Not found"}');
  expect(await body("/projects/1/jobs/artifacts/main/download?job=x", { token })).toBe(
    '404 {"message":"404 Not found"}',
  );
  const search = "search_recent_successful_pipelines=true";
  expect(await body(`/projects/1/jobs/artifacts/main/download?job=x&${search}`, { token })).toBe(
    '404 {"message":"404 Job Not Found"}',
  );
  gitlab.erase(job);
  expect(await body(`/projects/1/jobs/${job}/artifacts`, { token })).toBe('404 {"message":"404 Not Found"}');
  expect(await body("/nothing", { token })).toBe('404 {"error":"404 Not Found"}');
  expect(await body("/projects/g/app", { token })).toBe('404 {"error":"404 Not Found"}');
});

test("the constant tag hides a change, the strong one is made from the bytes", async () => {
  const retried = gitlab.retryJob(job).id;
  const constant = String((await get(`/jobs/${job}/artifacts`)).headers.etag);
  expect(constant).toBe('W/"12ae32cb1ec02d01eda3581b127c1fee"');
  const hidden = await get(`/jobs/${retried}/artifacts`, { headers: { "if-none-match": constant } });
  expect(hidden.status).toBe(304);

  gitlab.knobs.etag = "strong";
  const archive = await get(`/jobs/${job}/artifacts`);
  const sha256 = createHash("sha256").update(archive.bytes).digest("hex");
  expect(archive.headers.etag).toBe(`"${sha256}"`);
  const file = await get(`/jobs/${job}/artifacts/dist/app.txt`);
  const fileTag = createHash("sha256").update(`${sha256}:dist/app.txt`).digest("hex");
  expect(file.headers.etag).toBe(`"${fileTag}"`);
  const same = await get(`/jobs/${job}/artifacts`, { headers: { "if-none-match": `"${sha256}"` } });
  expect(same.status).toBe(304);
});

test("a moved project redirects GET to its id and refuses everything else", async () => {
  const old = `${gitlab.url}/api/v4/projects/old%2Fapp/jobs/${job}/artifacts?a=b`;
  const moved = await ask(old, { token: "reader" });
  expect(moved.status).toBe(301);
  expect(moved.headers.location).toBe(`${gitlab.url}/api/v4/projects/1/jobs/${job}/artifacts?a=b`);
  expect(moved.text).toBe(`This resource has been moved permanently to ${moved.headers.location}.`);
  const head = await ask(old, { token: "reader", method: "HEAD" });
  expect(head.status).toBe(405);
});

test("a job with reports only has no archive, however it is asked for", async () => {
  const reports = { name: "test", artifacts: { reportsOnly: true } };
  const { id } = gitlab.addJob("g/app", pipeline, reports);
  expect((await get(`/jobs/${id}/artifacts`)).text).toBe('{"message":"404 Not Found"}');
  expect((await get("/jobs/artifacts/feature/x/download?job=test")).status).toBe(404);
  expect((await get("/jobs/artifacts/feature/x/raw/a?job=test")).status).toBe(500);
  gitlab.knobs.version = "17.0.0";
  expect((await get("/jobs/artifacts/feature/x/download?job=test")).status).toBe(500);
});

test("the archive of a large generated file comes whole, from any offset", async () => {
  const size = 20_000_003;
  const files = { "big.bin": { size, seed: 7 } };
  const { id } = gitlab.addJob("g/app", pipeline, { name: "big", artifacts: { files } });
  const archive = await get(`/jobs/${id}/artifacts`);
  const file = await get(`/jobs/${id}/artifacts/big.bin`);
  expect(file.bytes.length).toBe(size);
  expect(archive.bytes.indexOf(file.bytes)).toBeGreaterThan(0);
  const tail = await get(`/jobs/${id}/artifacts`, { headers: { range: "bytes=15000001-" } });
  expect(tail.bytes.equals(archive.bytes.subarray(15_000_001))).toBe(true);
});
