import { afterEach, beforeEach, expect, test } from "vitest";
import { startGitLab, type EmbeddedGitLab } from "../../../src/simulator/simulator.js";
import { ask, type Asking } from "../requests.js";

let gitlab: EmbeddedGitLab;
let job: number;

beforeEach(async () => {
  gitlab = await startGitLab({ knobs: { storage: "local" }, now: () => new Date("2026-11-20T08:00:00Z") });
  gitlab.addToken({ token: "pat", kind: "personal", name: "pat" });
  gitlab.addToken({ token: "oauth", kind: "oauth", scopes: ["api"] });
  gitlab.addProject({ path: "g/private" });
  gitlab.addProject({ path: "g/public", visibility: "public" });
  const artifacts = { files: { a: "1" } };
  for (const path of ["g/private", "g/public"]) {
    const { id } = gitlab.addPipeline(path, { ref: "main" });
    const added = gitlab.addJob(path, id, { name: "build", artifacts });
    if (path === "g/private") job = added.id;
  }
});

afterEach(() => gitlab.close());

async function get(path: string, asking: Asking = {}): Promise<string> {
  const { status, text } = await ask(`${gitlab.url}/api/v4${path}`, asking);
  return status === 200 ? "200" : `${status} ${text}`;
}

function runningJob(project: string) {
  const { id } = gitlab.addPipeline(project, { ref: "main", status: "running" });
  return gitlab.addJob(project, id, { name: "deploy", status: "running" }).id;
}

const NOT_FOUND = '404 {"message":"404 Project Not Found"}';
const UNAUTHORIZED = '401 {"message":"401 Unauthorized"}';

test("a token is taken from every place where GitLab takes it, and from no other", async () => {
  const project = "/projects/g%2Fprivate";
  expect(await get(project, { headers: { "private-token": "pat" } })).toBe("200");
  expect(await get(`${project}?private_token=pat`)).toBe("200");
  expect(await get(project, { headers: { authorization: "Bearer pat" } })).toBe("200");
  expect(await get(project, { headers: { authorization: "Bearer oauth" } })).toBe("200");
  expect(await get(`${project}?access_token=oauth`)).toBe("200");
  expect(await get(project, { headers: { "private-token": "oauth" } })).toBe(UNAUTHORIZED);
  const basic = `Basic ${Buffer.from("oauth2:pat").toString("base64")}`;
  expect(await get(project, { headers: { authorization: basic } })).toBe(NOT_FOUND);
  expect(gitlab.requests.map(({ token }) => token?.header)).toEqual([
    "private-token",
    "?private_token",
    "authorization",
    "authorization",
    "?access_token",
    "private-token",
    undefined,
  ]);
  expect(gitlab.requests[0]?.token?.name).toBe("pat");
});

test("an unknown token is refused even where none is needed", async () => {
  expect(await get("/projects/g%2Fpublic")).toBe("200");
  expect(await get("/projects/g%2Fpublic", { token: "unknown" })).toBe(UNAUTHORIZED);
});

test("expired, revoked and narrow tokens are told apart", async () => {
  gitlab.addToken({ token: "old", kind: "personal", expiresAt: "2026-11-20T07:59:59Z" });
  gitlab.addToken({ token: "revoked", kind: "personal", revoked: true });
  gitlab.addToken({ token: "narrow", kind: "personal", scopes: ["read_user"] });
  const expired = await ask(`${gitlab.url}/api/v4/projects/1`, { token: "old" });
  expect(expired.status).toBe(401);
  expect(expired.headers["www-authenticate"]).toMatch(/^Bearer .*invalid_token/);
  expect(expired.json()).toEqual({
    error: "invalid_token",
    error_description: "Token is expired. You can either do re-authorization or token refresh.",
  });
  expect(await get("/projects/1", { token: "revoked" })).toContain("Token was revoked. You have to re-auth");
  expect(await get("/projects/1", { token: "narrow" })).toBe(
    '403 {"error":"insufficient_scope","error_description":"The request requires higher privileges than provided by the access token.","scope":"api read_api"}',
  );
  expect(await get("/user", { token: "narrow" })).toBe("200");
  const keep = { method: "POST", token: "pat" };
  expect(await get(`/projects/1/jobs/${job}/artifacts/keep`, keep)).toContain('"scope":"api"');
});

test("what a token's user may not see looks as if it were not there", async () => {
  gitlab.addToken({ token: "stranger", kind: "project", projects: ["g/other"] });
  expect(await get(`/projects/1/jobs/${job}/artifacts`, { token: "stranger" })).toBe(NOT_FOUND);
  expect(await get("/projects/2", { token: "stranger" })).toBe("200");
});

test("private pipelines and restricted artifacts are forbidden, not missing", async () => {
  gitlab.addProject({ path: "g/closed", visibility: "public", publicJobs: false });
  expect(await get("/projects/3/pipelines")).toBe('403 {"message":"403 Forbidden"}');
  gitlab.addToken({ token: "guest", kind: "personal", role: "guest" });
  const { id } = gitlab.retryJob(job, { artifacts: { files: {}, access: "developer" } });
  expect(await get(`/projects/1/jobs/${id}/artifacts`, { token: "guest" })).toBe(
    '403 {"message":"403 Forbidden"}',
  );
  expect(await get(`/projects/1/jobs/${id}/artifacts`, { token: "pat" })).toBe("200");
});

test("a job token opens the artifacts of its own project while its job runs", async () => {
  const source = runningJob("g/private");
  const headers = { "job-token": gitlab.issueJobToken(source) };
  expect(await get(`/projects/1/jobs/${job}/artifacts`, { headers })).toBe("200");
  expect(await get("/job", { headers })).toBe("200");
  expect(await get(`/projects/1/jobs/${job}`, { headers })).toBe(NOT_FOUND);
  expect(await get("/projects/1/pipelines", { headers })).toBe("200");
  gitlab.knobs.version = "18.9.0";
  expect(await get("/projects/1/pipelines", { headers })).toBe(NOT_FOUND);
  gitlab.knobs.plan = "free";
  expect(await get(`/projects/1/jobs/${job}/artifacts`, { headers })).toBe(NOT_FOUND);
  gitlab.knobs.plan = "premium";
  gitlab.addToken({ token: "late", kind: "job", job });
  const late = { headers: { "job-token": "late" } };
  expect(await get(`/projects/1/jobs/${job}/artifacts`, late)).toBe(UNAUTHORIZED);
});

test("a job token of another project needs to be on the allowlist", async () => {
  const token = gitlab.issueJobToken(runningJob("g/public"));
  const headers = { authorization: `Bearer ${token}` };
  expect(await get(`/projects/1/jobs/${job}/artifacts`, { headers })).toBe(
    '403 {"message":"403 Forbidden - Authentication by CI/CD job token not allowed from public to private."}',
  );
  gitlab.addProject({ path: "g/open", jobTokenAllowlist: ["g/public"] });
  const { id } = gitlab.addPipeline("g/open", { ref: "main" });
  gitlab.addJob("g/open", id, { name: "build", artifacts: { files: { a: "1" } } });
  expect(await get("/projects/3/jobs/artifacts/main/download?job=build", { headers })).toBe("200");
});

test("job tokens have the shape of the instance's release", () => {
  const running = runningJob("g/private");
  expect(gitlab.issueJobToken(running)).toMatch(/^eyJ[\w-]+\.eyJ[\w-]+\.[\w-]+$/);
  gitlab.knobs.jobTokenFormat = "legacy";
  expect(gitlab.issueJobToken(running)).toMatch(/^glcbt-[0-9A-Za-z]{1,5}_[\w-]{20}$/);
});
