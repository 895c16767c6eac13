import type { IncomingMessage } from "node:http";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ANONYMOUS } from "../../src/credentials/credentials.js";
import { createGitLab } from "../../src/gitlab/client.js";
import type { GitLab } from "../../src/gitlab/gitlab.js";
import { fodPath } from "../../src/generate/fod-path.js";
import { type Cache, openCache } from "../../src/proxy/cache/cache.js";
import { formatLogEntry, type LogEntry } from "../../src/proxy/log.js";
import { narinfoPath } from "../../src/proxy/narinfo.js";
import { passthrough } from "../../src/proxy/passthrough.js";
import { createProjectPaths } from "../../src/proxy/project-paths.js";
import { type Proxy, startProxy } from "../../src/proxy/proxy.js";
import { createUpstream } from "../../src/proxy/upstream.js";
import { type EmbeddedGitLab, startGitLab } from "../../src/simulator/simulator.js";
import { MEMBER, STRANGER, basic } from "./running-passthrough.js";
import { ask } from "./running-proxy.js";
import { makeArtifact, makeLock, makeVariantOf } from "../make/lock.js";

const CONTENT = "private bytes\n";

let gitlab: EmbeddedGitLab;
let client: GitLab;
let proxy: Proxy;
let cache: Cache;
let directory: string;
let logged: LogEntry[];
let variant: Awaited<ReturnType<typeof makeVariantOf>>;
let path: string;
let job: number;

beforeEach(async () => {
  gitlab = await startGitLab({ knobs: { storage: "direct" } });
  gitlab.addToken({ token: MEMBER, kind: "personal" });
  gitlab.addToken({ token: STRANGER, kind: "personal", projects: [] });
  const project = gitlab.addProject({ path: "team/tool" });
  const pipeline = gitlab.addPipeline("team/tool", { ref: "main" });
  const made = { name: "build", artifacts: { files: { "tool.bin": CONTENT } } };
  job = gitlab.addJob("team/tool", pipeline.id, made).id;
  const url = `${gitlab.url}/api/v4/projects/${project.id}/jobs/${job}/artifacts/tool.bin`;
  variant = await makeVariantOf({ url, bytes: Buffer.from(CONTENT), job });
  path = fodPath(gitlab.url, variant);

  directory = await mkdtemp(join(tmpdir(), "nix-artifacts-passthrough-"));
  logged = [];
  const log = (entry: LogEntry) => logged.push(entry);
  cache = await openCache({ directory, maxBytes: 2 ** 20, log });
  client = createGitLab({ credentials: ANONYMOUS });
  const lock = makeLock({ tool: makeArtifact({ gitlab: gitlab.url, systems: { any: variant } }) });
  proxy = await startProxy({
    listeners: [],
    passthrough: { listeners: [{ host: "127.0.0.1", port: 0 }], origin: new URL(gitlab.url) },
    locks: () => [lock],
    cache,
    gitlab: client,
    log,
  });
});
afterEach(async () => {
  await proxy.close(0);
  cache.close();
  await client.close();
  await gitlab.close();
  await rm(directory, { recursive: true });
});

function askAs(authorization: string | undefined, target = path) {
  return ask(proxy.urls[0] ?? "", target, { headers: authorization === undefined ? {} : { authorization } });
}

describe("a caller with a token of their own", () => {
  it("gets what GitLab gives them, and the storage never sees the token", async () => {
    const { status, body } = await askAs(basic("me", MEMBER));
    expect({ status, text: body.toString() }).toEqual({ status: 200, text: CONTENT });
    expect(gitlab.leaks).toEqual([]);
  });

  it.each([
    ["a job token", () => basic("gitlab-ci-token", gitlab.issueJobToken(runningJob()))],
    ["an OAuth token", () => basic("oauth2", oauthToken())],
    ["a bearer", () => `Bearer ${oauthToken()}`],
  ])("may bring %s", async (_, authorization) => {
    expect((await askAs(authorization())).status).toBe(200);
  });

  it("is asked for again from GitLab for each artifact, also when the bytes are in the cache", async () => {
    expect((await askAs(basic("me", MEMBER))).status).toBe(200);
    const stranger = await askAs(basic("me", STRANGER));
    expect(stranger.status).toBe(404);
    expect(stranger.body.toString()).not.toContain(CONTENT.trim());
  });

  it("is let in to nothing else by another's right", async () => {
    await Promise.all([askAs(basic("me", MEMBER)), askAs(basic("me", STRANGER))]).then(([yes, no]) =>
      expect([yes.status, no.status]).toEqual([200, 404]),
    );
  });

  it.each(["HEAD", "GET"])("learns about the artifact only what they may know: %s", async (method) => {
    const url = proxy.urls[0] ?? "";
    for (const target of [path, narinfoPath(variant)]) {
      const { status } = await ask(url, target, {
        method,
        headers: { authorization: basic("me", STRANGER) },
      });
      expect(status).toBe(404);
    }
    const headers = { authorization: basic("me", MEMBER), "if-none-match": "x" };
    expect((await ask(url, narinfoPath(variant), { method, headers })).status).toBe(200);
  });

  it("who repeats a request does not make GitLab repeat its answer", async () => {
    await askAs(basic("me", MEMBER));
    const before = gitlab.requests.length;
    await askAs(basic("me", MEMBER));
    expect(gitlab.requests.length).toBe(before);
  });
});

describe("a caller without a token", () => {
  it.each([
    undefined,
    "",
    "Basic",
    "Basic !!!",
    `Basic ${Buffer.from("no-colon").toString("base64")}`,
    basic("me", ""),
    basic("me", "with\nnew\r\nlines: x"),
    basic("me", "x".repeat(4097)),
    "Digest username=x",
  ])("is told how to bring one, whether or not it is locked: %j", async (authorization) => {
    for (const target of [path, narinfoPath(variant), "/nowhere", `/${"1".repeat(32)}.narinfo`]) {
      const { status, headers, body } = await askAs(authorization, target);
      expect({ status, wants: headers["www-authenticate"] }).toEqual({
        status: 401,
        wants: 'Basic realm="GitLab token"',
      });
      expect(body.toString()).toContain("netrc-file");
    }
    expect(gitlab.requests).toEqual([]);
  });

  it("may see that this is a binary cache", async () => {
    expect((await askAs(undefined, "/nix-cache-info")).status).toBe(200);
  });
});

it("a token is sent to no instance but the one that the operator named", async () => {
  const { authority } = authorityFor("https://other.example.com");
  const request = { headers: { authorization: basic("me", MEMBER) } } as IncomingMessage; // all that is read
  await expect(authority.admit(request, [entry()])).rejects.toMatchObject({ code: "CALLER_ELSEWHERE" });
  expect(gitlab.requests).toEqual([]);
});

it("a token that was revoked opens nothing after a minute", async () => {
  const { authority, clock } = authorityFor(gitlab.url);
  const request = { headers: { authorization: basic("me", MEMBER) } } as IncomingMessage; // all that is read
  await authority.admit(request, [entry()]);
  gitlab.state.tokens.delete(MEMBER);
  await authority.admit(request, [entry()]);
  clock.now += 61_000;
  await expect(authority.admit(request, [entry()])).rejects.toMatchObject({ status: 401 });
});

it("a yes for one artifact is none for another, and a no is asked again after five seconds", async () => {
  const limited = "glpat-member-of-one-project-only";
  gitlab.addToken({ token: limited, kind: "personal", projects: ["team/tool"] });
  const other = gitlab.addProject({ path: "team/other" });
  const pipeline = gitlab.addPipeline("team/other", { ref: "main" });
  const made = { name: "build", artifacts: { files: { "tool.bin": CONTENT } } };
  const { id } = gitlab.addJob("team/other", pipeline.id, made);
  const url = `${gitlab.url}/api/v4/projects/${other.id}/jobs/${id}/artifacts/tool.bin`;
  const { authority, clock } = authorityFor(gitlab.url);
  const request = { headers: { authorization: basic("me", limited) } } as IncomingMessage; // all that is read
  const forOther = () =>
    authority.admit(request, [{ artifact: "other", system: "any", variant: { ...variant, url } }]);

  await authority.admit(request, [entry()]);
  await expect(forOther()).rejects.toMatchObject({ status: 404 });
  gitlab.state.tokens.delete(limited);
  gitlab.addToken({ token: limited, kind: "personal" });
  await expect(forOther()).rejects.toMatchObject({ status: 404 });
  clock.now += 5_001;
  await forOther();
});

it("no token is ever logged or written to the cache", async () => {
  await askAs(basic("me", MEMBER));
  await askAs(basic("me", STRANGER));
  await askAs(`Bearer ${STRANGER}`, "/nowhere");
  expect(logged.length).toBeGreaterThan(3);
  const text = logged.map(formatLogEntry).join("\n");
  for (const token of [MEMBER, STRANGER]) {
    expect(text).not.toContain(token);
    expect(text).not.toContain(basic("me", token).slice("Basic ".length));
  }
});

function authorityFor(origin: string) {
  const clock = { now: 0 };
  const questions = { upstream: createUpstream(client), paths: createProjectPaths(client) };
  return { clock, authority: passthrough({ ...questions, origin: new URL(origin), now: () => clock.now }) };
}

function entry() {
  return { artifact: "tool", system: "any", variant };
}

/** A job token is good only while its job runs. */
function runningJob(): number {
  const pipeline = gitlab.addPipeline("team/tool", { ref: "main", status: "running" });
  return gitlab.addJob("team/tool", pipeline.id, { name: "consumer", status: "running" }).id;
}

function oauthToken(): string {
  gitlab.addToken({ token: "oauth-token-of-a-member", kind: "oauth" });
  return "oauth-token-of-a-member";
}
