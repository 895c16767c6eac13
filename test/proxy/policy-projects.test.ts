/** Rules about projects, when projects move: the lock has the path of when it was written, and the id, which stays. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { ProxyRule } from "../../src/config/proxy-rule.js";
import { createGitLab } from "../../src/gitlab/client.js";
import type { GitLab } from "../../src/gitlab/gitlab.js";
import { fodPath } from "../../src/generate/fod-path.js";
import { type LockedVariant } from "../../src/lock/schema.js";
import { type Cache, openCache } from "../../src/proxy/cache/cache.js";
import { narPath, narinfoPath } from "../../src/proxy/narinfo.js";
import { type Proxy, startProxy } from "../../src/proxy/proxy.js";
import { type EmbeddedGitLab, startGitLab } from "../../src/simulator/simulator.js";
import { CANARY, canaryFor } from "../gitlab/test-client.js";
import { makeArtifact, makeLock, makeVariantOf } from "../make/lock.js";
import { MEMBER, STRANGER, basic } from "./running-passthrough.js";
import { ask } from "./running-proxy.js";

const CONTENT = "private bytes\n";
const AUDIENCE = "https://artifacts.example.com";
const FIVE_MINUTES = 300_000;
const POLICY: readonly ProxyRule[] = [
  { name: "security keeps its own", effect: "deny", projects: ["security/*"] },
  { name: "platform is for all", effect: "allow", projects: ["platform/*"] },
];

let gitlab: EmbeddedGitLab;
let client: GitLab;
let cache: Cache;
let directory: string;
let proxy: Proxy;
let variant: LockedVariant;
let path: string;
/** By the names of the ways of authority. */
let asking: Readonly<Record<string, { readonly url: string; readonly authorization?: string }>>;

beforeEach(async () => {
  gitlab = await startGitLab({ knobs: { storage: "direct" } });
  gitlab.addToken({ token: CANARY, kind: "personal" });
  gitlab.addToken({ token: MEMBER, kind: "personal" });
  gitlab.addToken({ token: STRANGER, kind: "personal", projects: [] });
  gitlab.addProject({ path: "apps/shop", protectedRefs: ["main"] });
  await addTool("platform/tool");
  directory = await mkdtemp(join(tmpdir(), "nix-artifacts-moved-"));
  cache = await openCache({ directory, maxBytes: 2 ** 20, log: () => {} });
  client = createGitLab({ credentials: canaryFor(gitlab.url), retry: { retries: 0 } });
  await start();
});
afterEach(async () => {
  vi.restoreAllMocks();
  await proxy.close(0);
  cache.close();
  await client.close();
  await gitlab.close();
  await rm(directory, { recursive: true });
});

/** A project with an artifact, which is what is locked from now on, under another path than its own when it is a lie. */
async function addTool(project: string, locked = project): Promise<void> {
  const { id: projectId } = gitlab.addProject({ path: project });
  const pipeline = gitlab.addPipeline(project, { ref: "main" });
  const made = { name: "build", artifacts: { files: { "tool.bin": CONTENT } } };
  const { id: job } = gitlab.addJob(project, pipeline.id, made);
  const url = `${gitlab.url}/api/v4/projects/${projectId}/jobs/${job}/artifacts/tool.bin`;
  const same = await makeVariantOf({ url, bytes: Buffer.from(CONTENT), job });
  variant = { ...same, projectId, project: locked };
  path = fodPath(gitlab.url, variant);
}

async function start(): Promise<void> {
  const listeners = [{ host: "127.0.0.1", port: 0 }];
  proxy = await startProxy({
    listeners,
    idTokens: { listeners, issuer: new URL(gitlab.url), audiences: [AUDIENCE] },
    passthrough: { listeners, origin: new URL(gitlab.url) },
    policy: POLICY,
    locks: () => [makeLock({ tool: makeArtifact({ gitlab: gitlab.url, systems: { any: variant } }) })],
    cache,
    gitlab: client,
    log: () => {},
  });
  const [inject = "", idToken = "", passthrough = ""] = proxy.urls;
  const { id } = gitlab.addPipeline("apps/shop", { ref: "main", status: "running" });
  const job = gitlab.addJob("apps/shop", id, { name: "build", status: "running" });
  asking = {
    inject: { url: inject },
    "ID token": {
      url: idToken,
      authorization: `Bearer ${gitlab.issueIdToken(job.id, { aud: AUDIENCE })}`,
    },
    passthrough: { url: passthrough, authorization: basic("me", MEMBER) },
  };
}

async function get(way: string, target = path) {
  const { url = "", authorization } = asking[way] ?? {};
  const answer = await ask(url, target, { headers: authorization === undefined ? {} : { authorization } });
  return { status: answer.status, text: answer.body.toString() };
}

/** Every path under which the artifact is to be had. */
function targets(): string[] {
  return [path, `/sha256/${path.split("/").at(-2)}`, narPath(variant), narinfoPath(variant)];
}

function fiveMinutesPass(): void {
  const then = performance.now();
  vi.spyOn(performance, "now").mockImplementation(() => then + FIVE_MINUTES + 1);
}

describe.each(["inject", "ID token", "passthrough"])("asked by %s", (way) => {
  it("a project that has moved is judged by where it is now, within five minutes", async () => {
    expect(await get(way)).toEqual({ status: 200, text: CONTENT });
    gitlab.moveProject("platform/tool", "security/tool");
    expect((await get(way)).status).toBe(200);
    fiveMinutesPass();
    const unknown = await get(way, path.replace("tool.bin", "loot.bin"));
    for (const target of targets()) expect(await get(way, target)).toEqual(unknown);
    gitlab.moveProject("security/tool", "platform/renamed");
    vi.restoreAllMocks();
    await proxy.close(0);
    await start();
    expect(await get(way)).toEqual({ status: 200, text: CONTENT });
  });

  it("another project that has its path now changes nothing: the id is judged", async () => {
    gitlab.moveProject("platform/tool", "security/tool");
    gitlab.addProject({ path: "platform/tool" });
    expect((await get(way)).status).toBe(404);
  });

  it("a lock that gives a project the path of another opens nothing, and no byte is asked for", async () => {
    await addTool("security/signer", "platform/signer");
    for (const target of targets()) expect((await get(way, target)).text).not.toContain(CONTENT);
    expect((await get(way)).status).toBe(404);
    expect(gitlab.requests.filter(({ path: asked }) => asked.includes("/artifacts"))).toEqual([]);
  });
});

it("what is cached is served while GitLab is down, as GitLab last told, or as it is locked", async () => {
  expect((await get("inject")).status).toBe(200);
  gitlab.fault({ kind: "reset", path: "/" });
  fiveMinutesPass();
  expect((await get("inject")).text).toBe(CONTENT);
  await proxy.close(0);
  await start();
  expect((await get("inject")).text).toBe(CONTENT);
});

it("GitLab is asked for a project once, however many ask", async () => {
  await Promise.all(Array.from({ length: 20 }, () => get("inject")));
  expect(gitlab.requests.filter(({ path: asked }) => /\/projects\/\d+$/.test(asked))).toHaveLength(1);
});

it("who may not know where a project is leaves it to the next one to find out, and gets nothing", async () => {
  gitlab.moveProject("platform/tool", "security/tool");
  const { url = "" } = asking["passthrough"] ?? {};
  const stranger = await ask(url, path, { headers: { authorization: basic("me", STRANGER) } });
  expect(stranger.status).toBe(404);
  expect((await get("passthrough")).status).toBe(404);
});

it("no caller's token is sent elsewhere to find out", async () => {
  const other = await startGitLab();
  variant = { ...variant, url: variant.url.replace(gitlab.url, other.url) };
  const entry = makeArtifact({ gitlab: other.url, systems: { any: variant } });
  const elsewhere = await startProxy({
    listeners: [],
    passthrough: { listeners: [{ host: "127.0.0.1", port: 0 }], origin: new URL(gitlab.url) },
    policy: POLICY,
    locks: () => [makeLock({ tool: entry })],
    cache,
    gitlab: client,
    log: () => {},
  });
  const headers = { authorization: basic("me", MEMBER) };
  const { status } = await ask(elsewhere.urls[0] ?? "", fodPath(other.url, variant), { headers });
  expect(status).toBe(403);
  expect(other.requests).toEqual([]);
  await elsewhere.close(0);
  await other.close();
});
