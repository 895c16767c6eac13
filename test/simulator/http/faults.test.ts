import { connect } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { FaultKind } from "../../../src/simulator/http/faults.js";
import { startGitLab, type EmbeddedGitLab } from "../../../src/simulator/simulator.js";
import type { ProjectInput } from "../../../src/simulator/state/input.js";
import { ask } from "../requests.js";
import { selfSigned } from "../self-signed.js";

let gitlab: EmbeddedGitLab;
let archive: string;
let api: string;

beforeEach(async () => {
  gitlab = await startGitLab({ knobs: { storage: "local" } });
  gitlab.addProject({ path: "g/app", visibility: "public" });
  const { id } = gitlab.addPipeline("g/app", { ref: "main" });
  const job = gitlab.addJob("g/app", id, {
    name: "build",
    artifacts: { files: { big: { size: 5_000_000, seed: 1 } } },
  });
  api = `${gitlab.url}/api/v4/projects/1`;
  archive = `${api}/jobs/${job.id}/artifacts`;
});

afterEach(() => gitlab.close());

const publicProject: ProjectInput = {
  path: "g/app",
  visibility: "public",
  pipelines: [{ ref: "main", jobs: [{ name: "build", artifacts: { files: { a: "1" } } }] }],
};

async function storedAt(): Promise<string> {
  return String((await ask(archive)).headers.location);
}

function spoil(kind: FaultKind, path = "/artifacts") {
  gitlab.fault({ path, times: 1, ...kind });
}

test("a fault hits the requests that it matches, as often as it says", async () => {
  gitlab.fault({ method: "GET", path: /\/pipelines\?ref=main$/, times: 2, kind: "bad-gateway" });
  const statuses = [];
  for (const path of ["/pipelines", "/pipelines?ref=main", "/pipelines?ref=main", "/pipelines?ref=main"])
    statuses.push((await ask(`${api}${path}`)).status);
  expect(statuses).toEqual([200, 502, 502, 200]);
  expect(gitlab.requests.map(({ status }) => status)).toEqual(statuses);
});

test("gateways, overload and the three shapes of a rate limit look as they do in the wild", async () => {
  spoil({ kind: "bad-gateway" });
  expect((await ask(archive)).headers["content-type"]).toContain("text/html");
  spoil({ kind: "unavailable", retryAfter: 7 });
  const unavailable = await ask(archive);
  expect([unavailable.status, unavailable.headers["retry-after"]]).toEqual([503, "7"]);
  spoil({ kind: "rate-limited", shape: "rack", retryAfter: 3 });
  const rack = await ask(archive);
  expect([rack.status, rack.text, rack.headers["retry-after"]]).toEqual([429, "Retry later\n", "3"]);
  spoil({ kind: "rate-limited", shape: "application" });
  expect((await ask(archive)).json()).toEqual({
    message: { error: "This endpoint has been requested too many times. Try again later." },
  });
  spoil({ kind: "rate-limited", shape: "edge" });
  expect((await ask(archive)).text).toContain("<html>");
});

test("a redirect to the sign-in page ends in a page with status 200", async () => {
  spoil({ kind: "sign-in" });
  const redirect = await ask(archive);
  expect(redirect.status).toBe(302);
  const page = await ask(new URL(String(redirect.headers.location), gitlab.url).href);
  expect([page.status, page.headers["content-type"]]).toEqual([200, "text/html; charset=utf-8"]);
});

test("both spellings of not found can be had", async () => {
  for (const message of ["404 Not found", "404 Not Found"] as const) {
    spoil({ kind: "not-found", message });
    expect((await ask(archive)).json()).toEqual({ message });
  }
});

test("a truncated body ends before its declared length", async () => {
  spoil({ kind: "truncated", afterBytes: 1000 });
  const headers = { connection: "keep-alive" };
  await expect(ask(archive, { headers })).rejects.toThrow("aborted");
  expect((await ask(archive)).status).toBe(200);
});

test("a reset connection gives no answer at all, or half of one", async () => {
  spoil({ kind: "reset" });
  await expect(ask(archive)).rejects.toMatchObject({ code: "ECONNRESET" });
  expect(gitlab.requests[0]?.status).toBeUndefined();
  spoil({ kind: "reset", afterBytes: 1_000_000 });
  await expect(ask(archive)).rejects.toMatchObject({ code: "ECONNRESET" });
  expect(gitlab.requests[1]?.status).toBe(200);
});

test("a stalled body stays unfinished until the client gives up", async () => {
  spoil({ kind: "stalled", afterBytes: 10 });
  const giveUp = new AbortController();
  const response = await fetch(archive, { signal: giveUp.signal });
  const reader = response.body?.getReader();
  expect((await reader?.read())?.value?.length).toBe(10);
  giveUp.abort();
  await expect(reader?.read()).rejects.toThrow("abort");
});

test("wrong bytes have the right length", async () => {
  const right = (await ask(archive)).bytes;
  spoil({ kind: "wrong-bytes" });
  const wrong = (await ask(archive)).bytes;
  expect(wrong.length).toBe(right.length);
  expect(wrong.equals(right)).toBe(false);
  expect((await ask(archive)).bytes.equals(right)).toBe(true);
});

test("a fault of the bytes follows the redirect to where the bytes are", async () => {
  gitlab.knobs.storage = "direct";
  spoil({ kind: "denied" });
  const denied = await ask(await storedAt());
  expect([denied.status, denied.headers["content-type"]]).toEqual([403, "application/xml"]);
  spoil({ kind: "truncated" });
  await expect(ask(await storedAt())).rejects.toThrow("aborted");
  spoil({ kind: "redirect-loop" });
  const stored = await storedAt();
  const loop = await ask(stored);
  expect(new URL(String(loop.headers.location), stored).href).toBe(stored);
  gitlab.clearFaults();
  expect((await ask(await storedAt())).status).toBe(200);
});

test("a fault can wait at the storage", async () => {
  gitlab.knobs.storage = "direct";
  gitlab.fault({ on: "storage", path: "artifacts.zip", kind: "unavailable" });
  expect((await ask(await storedAt())).status).toBe(503);
  gitlab.clearFaults();
  expect((await ask(await storedAt())).status).toBe(200);
});

test("fields can be missing or null", async () => {
  spoil({ kind: "fields", remove: ["artifacts_file"], setNull: ["commit"] }, "/jobs");
  const [job] = (await ask(`${api}/pipelines/1001/jobs`)).json<Record<string, unknown>[]>();
  expect(job).not.toHaveProperty("artifacts_file");
  expect(job).toMatchObject({ commit: null, name: "build" });
});

test("headers can be others", async () => {
  spoil(
    { kind: "headers", set: { Link: "<https://elsewhere>", Date: "Thu, 01 Jan 2037 00:00:00 GMT" } },
    "/jobs",
  );
  const { headers } = await ask(`${api}/pipelines/1001/jobs`);
  expect(headers).toMatchObject({ link: "<https://elsewhere>", date: "Thu, 01 Jan 2037 00:00:00 GMT" });
});

test("over https, a redirect to the storage can lead out of it", async () => {
  const secure = await startGitLab({ tls: selfSigned(), state: { projects: [publicProject] } });
  const file = `${secure.url}/api/v4/projects/1/jobs/artifacts/main/download?job=build`;
  expect(String((await ask(file)).headers.location)).toMatch(/^https:/);
  secure.fault({ path: "/download", kind: "insecure-redirect" });
  expect(String((await ask(file)).headers.location)).toMatch(/^http:/);
  secure.knobs.storage = "proxied";
  expect((await ask(file)).status).toBe(200);
  await secure.close();
});

test("an error can repeat the request's headers", async () => {
  spoil({ kind: "echo-headers" });
  const echo = await ask(archive, { headers: { "private-token": "canary" } });
  expect([echo.status, echo.text.includes("canary")]).toEqual([500, true]);
});

test("a body may be longer than it says, and an answer may never come", async () => {
  const whole = Number((await ask(archive)).headers["content-length"]);
  spoil({ kind: "over-long" });
  expect((await ask(archive)).headers["content-length"]).toBe(String(Math.floor(whole / 2)));
  spoil({ kind: "silent" });
  const silence = await fetch(archive, { signal: AbortSignal.timeout(200) }).catch(
    (error: Error) => error.name,
  );
  expect(silence).toBe("TimeoutError");
});

test("headers may come one by one, and never end", async () => {
  spoil({ kind: "slow-headers" });
  const { hostname, port } = new URL(gitlab.url);
  const socket = connect(Number(port), hostname);
  let text = "";
  socket.on("data", (part) => (text += String(part)));
  socket.write(`GET ${new URL(archive).pathname} HTTP/1.1\r\nHost: ${hostname}\r\n\r\n`);

  await expect.poll(() => text).toMatch(/^HTTP\/1\.1 200 OK\r\n(X-Patience: more\r\n){2}/);
  expect(text).not.toContain("\r\n\r\n");
  socket.destroy();
});
