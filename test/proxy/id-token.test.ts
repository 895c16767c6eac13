import { createHmac } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { ProxyRule } from "../../src/config/proxy-rule.js";
import { createGitLab } from "../../src/gitlab/client.js";
import type { GitLab } from "../../src/gitlab/gitlab.js";
import { fodPath } from "../../src/generate/fod-path.js";
import { type Cache, openCache } from "../../src/proxy/cache/cache.js";
import { type LogEntry, formatLogEntry } from "../../src/proxy/log.js";
import { type Proxy, startProxy } from "../../src/proxy/proxy.js";
import { type EmbeddedGitLab, startGitLab } from "../../src/simulator/simulator.js";
import { CANARY, canaryFor } from "../gitlab/test-client.js";
import { ask } from "./running-proxy.js";
import { makeArtifact, makeLock, makeVariantOf } from "../make/lock.js";

const AUDIENCE = "https://artifacts.example.com";
const CONTENT = "private bytes\n";
const POLICY: readonly ProxyRule[] = [
  {
    name: "protected jobs of apps",
    effect: "allow",
    callers: [{ kind: "job", projects: ["apps/*"], protectedRefs: true, audiences: [AUDIENCE] }],
  },
  { name: "machines", effect: "allow", callers: [{ kind: "machine" }, { kind: "token" }] },
];

let gitlab: EmbeddedGitLab;
let client: GitLab;
let proxy: Proxy;
let cache: Cache;
let directory: string;
let logged: LogEntry[];
let path: string;
/** Of a protected branch, and not. */
let [job, otherJob, strangeJob] = [0, 0, 0];

beforeAll(async () => {
  gitlab = await startGitLab();
  gitlab.addToken({ token: CANARY, kind: "personal" });
  const project = gitlab.addProject({ path: "team/tool" });
  const made = gitlab.addPipeline("team/tool", { ref: "main" });
  const artifacts = { files: { "tool.bin": CONTENT } };
  const { id } = gitlab.addJob("team/tool", made.id, { name: "build", artifacts });
  gitlab.addProject({ path: "apps/shop", protectedRefs: ["main"] });
  gitlab.addProject({ path: "elsewhere/shop", protectedRefs: ["main"] });
  [job, otherJob, strangeJob] = [
    runningJob("apps/shop", "main"),
    runningJob("apps/shop", "feature"),
    runningJob("elsewhere/shop", "main"),
  ];
  const url = `${gitlab.url}/api/v4/projects/${project.id}/jobs/${id}/artifacts/tool.bin`;
  const variant = await makeVariantOf({ url, bytes: Buffer.from(CONTENT), job: id });
  path = fodPath(gitlab.url, variant);
  const lock = makeLock({ tool: makeArtifact({ gitlab: gitlab.url, systems: { any: variant } }) });
  directory = await mkdtemp(join(tmpdir(), "nix-artifacts-id-token-"));
  const log = (entry: LogEntry) => void logged.push(entry);
  cache = await openCache({ directory, maxBytes: 2 ** 20, log });
  client = createGitLab({ credentials: canaryFor(gitlab.url) });
  const listeners = [{ host: "127.0.0.1", port: 0 }];
  logged = [];
  proxy = await startProxy({
    listeners: [],
    idTokens: { listeners, issuer: new URL(gitlab.url), audiences: [AUDIENCE, "other"] },
    policy: POLICY,
    locks: () => [lock],
    gitlab: client,
    cache,
    log,
  });
});
beforeEach(() => (logged = []));
afterAll(async () => {
  await proxy.close(0);
  cache.close();
  await client.close();
  await gitlab.close();
  await rm(directory, { recursive: true });
});

function runningJob(project: string, ref: string): number {
  const { id } = gitlab.addPipeline(project, { ref, status: "running" });
  return gitlab.addJob(project, id, { name: "build", status: "running" }).id;
}

/** As Nix sends it, with an entry of netrc. */
function askWith(token: string, target = path) {
  const authorization = `Basic ${Buffer.from(`job:${token}`).toString("base64")}`;
  return ask(proxy.urls[0] ?? "", target, { headers: { authorization } });
}

function tokenOf(id: number, claims: Readonly<Record<string, unknown>> = {}): string {
  return gitlab.issueIdToken(id, { aud: AUDIENCE, ...claims });
}

describe("a CI job with its ID token", () => {
  it("gets what the policy allows, with the proxy's own credentials and not its token", async () => {
    const token = tokenOf(job);
    const { status, body } = await askWith(token);
    expect({ status, text: body.toString() }).toEqual({ status: 200, text: CONTENT });
    const sent = JSON.stringify(gitlab.requests.map(({ headers }) => headers));
    expect(sent).toContain(CANARY);
    expect(sent).not.toContain(token);
    expect(logged.map(formatLogEntry).join()).not.toContain(token);
  });

  it("may be meant for several", async () => {
    expect((await askWith(tokenOf(job, { aud: ["x", AUDIENCE] }))).status).toBe(200);
  });

  it.each([
    ["another project", () => tokenOf(strangeJob)],
    ["a branch that is not protected", () => tokenOf(otherJob)],
    ["an audience that the policy does not name", () => tokenOf(job, { aud: "other" })],
  ])("of %s is told what it would be told if it were not locked", async (_, token) => {
    const denied = await askWith(token());
    const unknown = await askWith(token(), path.replace("tool", "loot"));
    expect([denied.status, denied.body.toString()]).toEqual([404, unknown.body.toString()]);
    const caller = expect.stringMatching(/^job \d+ of /);
    expect(logged).toContainEqual(expect.objectContaining({ event: "denied", caller }));
  });

  it("gets what is cached while GitLab is down", async () => {
    expect((await askWith(tokenOf(job))).status).toBe(200);
    gitlab.fault({ kind: "reset", path: "/" });
    expect((await askWith(tokenOf(job))).body.toString()).toBe(CONTENT);
    expect((await askWith(tokenOf(strangeJob))).status).toBe(404);
    gitlab.clearFaults();
  });

  it("does not make the proxy ask for the keys again", async () => {
    expect((await askWith(tokenOf(job))).status).toBe(200);
    const asked = keysAsked();
    expect((await askWith(tokenOf(job))).status).toBe(200);
    expect(keysAsked()).toBe(asked);
  });
});

describe("an ID token that is not good", () => {
  const now = () => Math.floor(Date.now() / 1000);
  it.each<[string, () => string, string]>([
    ["expired", () => tokenOf(job, { exp: now() - 60 }), "expired"],
    ["not good yet", () => tokenOf(job, { nbf: now() + 60 }), "compare the clocks"],
    ["without an end", () => tokenOf(job, { exp: undefined }), "lacks its exp"],
    ["without a beginning", () => tokenOf(job, { nbf: undefined }), "lacks its nbf"],
    ["for somebody else", () => tokenOf(job, { aud: "https://vault.example.com" }), "aud"],
    ["of another instance", () => tokenOf(job, { iss: "https://gitlab.example.com" }), "iss"],
    ["of no job", () => tokenOf(job, { job_id: undefined }), "not of a CI job"],
    ["changed", () => changed(tokenOf(otherJob)), "not signed"],
    ["without a signature", () => unsigned(tokenOf(job)), "not signed"],
    ["signed with the public key as a secret", () => withPublicKey(tokenOf(job)), "not signed"],
    ["no token at all", () => "glpat-something-else-entirely", "not signed"],
  ])("opens nothing, whether or not it is locked: %s", async (_, token, why) => {
    for (const target of [path, "/sha256/0000", "/nix-cache-info"]) {
      const { status, headers, body } = await askWith(token(), target);
      expect({ status, wants: headers["www-authenticate"] !== undefined }).toEqual({
        status: 401,
        wants: true,
      });
      expect(body.toString()).toContain(why);
      expect(body.toString()).not.toContain("vault");
    }
  });

  it("is told apart from none only by what is missing", async () => {
    const { status, body } = await ask(proxy.urls[0] ?? "", path);
    expect({ status, text: body.toString() }).toEqual({
      status: 401,
      text: expect.stringContaining("id_tokens"),
    });
  });
});

it("a key that was withdrawn is replaced when a token names a new one, and keys that cannot be had are GitLab's fault", async () => {
  gitlab.fault({ kind: "bad-gateway", path: "/oauth/discovery/keys" });
  const fresh = await startProxy({
    listeners: [],
    idTokens: {
      listeners: [{ host: "127.0.0.1", port: 0 }],
      issuer: new URL(gitlab.url),
      audiences: [AUDIENCE],
    },
    locks: () => [],
    gitlab: client,
    cache,
    log: () => {},
  });
  const headers = { authorization: `Bearer ${tokenOf(job)}` };
  const { status, body } = await ask(fresh.urls[0] ?? "", "/nix-cache-info", { headers });
  expect({ status, text: body.toString() }).toEqual({
    status: 503,
    text: expect.stringMatching(/not to be had: Expected 200 OK/),
  });
  gitlab.clearFaults();
  gitlab.rotateIdTokenKey();
  const rotated = { authorization: `Bearer ${tokenOf(job)}` };
  expect((await ask(fresh.urls[0] ?? "", "/nix-cache-info", { headers: rotated })).status).toBe(200);
  expect((await ask(fresh.urls[0] ?? "", "/nix-cache-info", { headers })).status).toBe(401);
  await fresh.close(0);
});

it("a GitLab below a path signs with the keys that are there, and in its full name", async () => {
  const front = createServer((request, response) => {
    if (request.url !== "/gitlab/oauth/discovery/keys") return void response.writeHead(404).end();
    const keys = fetch(`${gitlab.url}/oauth/discovery/keys`).then((answer) => answer.text());
    keys.then(
      (text) => response.end(text),
      () => response.destroy(),
    );
  }).listen(0, "127.0.0.1");
  await once(front, "listening");
  const { port } = front.address() as AddressInfo; // it listens on TCP
  const iss = `http://127.0.0.1:${port}/gitlab`;
  const below = await startProxy({
    listeners: [],
    idTokens: {
      listeners: [{ host: "127.0.0.1", port: 0 }],
      issuer: new URL(`${iss}/`),
      audiences: [AUDIENCE],
    },
    locks: () => [],
    gitlab: client,
    cache,
    log: () => {},
  });
  const status = async (issuer: string) => {
    const headers = { authorization: `Bearer ${tokenOf(job, { iss: issuer })}` };
    return (await ask(below.urls[0] ?? "", "/nix-cache-info", { headers })).status;
  };
  expect([await status(iss), await status(new URL(iss).origin)]).toEqual([200, 401]);
  await below.close(0);
  front.close();
});

function keysAsked(): number {
  return gitlab.requests.filter(({ path: asked }) => asked === "/oauth/discovery/keys").length;
}

/** The same signature under the claim that the ref is protected. */
function changed(token: string): string {
  const [head, payload = "", signature] = token.split(".");
  const claims = Buffer.from(payload, "base64url")
    .toString()
    .replace('"ref_protected":"false"', '"ref_protected":"true"');
  return [head, Buffer.from(claims).toString("base64url"), signature].join(".");
}

function unsigned(token: string): string {
  const head = Buffer.from(JSON.stringify({ typ: "JWT", alg: "none" })).toString("base64url");
  return `${head}.${token.split(".")[1]}.`;
}

function withPublicKey(token: string): string {
  const head = Buffer.from(JSON.stringify({ typ: "JWT", alg: "HS256" })).toString("base64url");
  const text = `${head}.${token.split(".")[1]}`;
  return `${text}.${createHmac("sha256", "public").update(text).digest("base64url")}`;
}
