/** Callers who say who they are to the proxy by what Nix sends of a netrc file, as real Nix sends it. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createGitLab } from "../../src/gitlab/client.js";
import { openCache } from "../../src/proxy/cache/cache.js";
import { startProxy } from "../../src/proxy/proxy.js";
import { CANARY, canaryFor } from "../gitlab/test-client.js";
import { makeArtifact, makeLock } from "../make/lock.js";
import { type TemporaryNix, temporaryNix } from "../store/temporary-nix.js";
import { MEMBER, type RunningPassthrough, STRANGER, runPassthrough } from "./running-passthrough.js";

let running: RunningPassthrough;
let nix: TemporaryNix;
beforeEach(async () => {
  [running, nix] = await Promise.all([runPassthrough({ size: 100_000 }), temporaryNix()]);
});
afterEach(async () => {
  await running.close();
  await nix.remove();
});

/** Nix with an entry for the proxy in its netrc file; without a password, there is none. */
async function nixWith(login: string, password: string | undefined, ...args: [string, ...string[]]) {
  const netrc = join(nix.root, "netrc");
  await writeFile(
    netrc,
    password === undefined ? "" : `machine 127.0.0.1 login ${login} password ${password}\n`,
  );
  const config = `netrc-file = ${netrc}\nexperimental-features = nix-command\n`;
  nix.env["NIX_CONFIG"] = `${nix.env["NIX_CONFIG"]}${config}`;
  return nix.run(...args);
}

function buildArguments(): [string, ...string[]] {
  const { name, hash } = running.variant;
  const expression = `derivation {
    name = "${name}"; builder = "builtin:fetchurl"; system = "builtin"; url = "${running.url}${running.path}";
    outputHash = "${hash}"; outputHashAlgo = "sha256"; outputHashMode = "flat";
  }`;
  return ["nix-build", "-E", expression, "--no-out-link"];
}

function copyArguments(url = running.url): [string, ...string[]] {
  return ["nix", "copy", "--from", url, running.variant.storePath];
}

async function isThere(): Promise<boolean> {
  const file = join(nix.root, running.variant.storePath);
  return (await readFile(file).catch(() => undefined))?.equals(running.bytes) === true;
}

describe.each([
  ["a derivation", buildArguments],
  ["a binary cache", copyArguments],
])("through %s", (_, args) => {
  it.each([
    ["a personal token", "me", () => MEMBER],
    ["a job token", "gitlab-ci-token", () => jobToken()],
  ])("gets the artifact with %s", async (__, login, token) => {
    await nixWith(login, token(), ...args());
    expect(await isThere()).toBe(true);
    expect(running.gitlab.leaks).toEqual([]);
  });

  it.each([
    ["a token that may not read it", STRANGER],
    ["a token that GitLab does not know", "glpat-of-nobody-at-all"],
    ["none", undefined],
  ])("gets nothing with %s, also when the proxy has it", async (__, token) => {
    await running.askAs(`Bearer ${oauthToken()}`);
    await expect(nixWith("me", token, ...args())).rejects.toThrow("Command failed");
    expect(await isThere()).toBe(false);
  });
});

it("who brings no token is told by Nix how to bring one", async () => {
  await expect(nixWith("me", undefined, ...buildArguments())).rejects.toMatchObject({
    stderr: expect.stringContaining("netrc-file"),
  });
});

it("a CI job gets the artifact from a binary cache with its ID token", async () => {
  const { gitlab, variant } = running;
  gitlab.addToken({ token: CANARY, kind: "personal" });
  const client = createGitLab({ credentials: canaryFor(gitlab.url) });
  const directory = await mkdtemp(join(tmpdir(), "nix-artifacts-job-"));
  const cache = await openCache({ directory, maxBytes: 2 ** 20, log: () => {} });
  const proxy = await startProxy({
    listeners: [],
    idTokens: {
      listeners: [{ host: "127.0.0.1", port: 0 }],
      issuer: new URL(gitlab.url),
      audiences: ["https://artifacts.example.com"],
    },
    policy: [{ name: "the team's jobs", effect: "allow", callers: [{ kind: "job", projects: ["team/*"] }] }],
    locks: () => [makeLock({ tool: makeArtifact({ gitlab: gitlab.url, systems: { any: variant } }) })],
    gitlab: client,
    cache,
    log: () => {},
  });
  const token = gitlab.issueIdToken(runningJob(), { aud: "https://artifacts.example.com" });
  await nixWith("job", token, ...copyArguments(proxy.urls[0]));
  expect(await isThere()).toBe(true);
  await proxy.close(0);
  cache.close();
  await client.close();
  await rm(directory, { recursive: true });
});

/** Of a job that runs, for only as long is a job token good. */
function jobToken(): string {
  return running.gitlab.issueJobToken(runningJob());
}

function runningJob(): number {
  const pipeline = running.gitlab.addPipeline("team/tool", { ref: "main", status: "running" });
  return running.gitlab.addJob("team/tool", pipeline.id, { name: "consumer", status: "running" }).id;
}

function oauthToken(): string {
  running.gitlab.addToken({ token: "oauth-token-of-a-member", kind: "oauth" });
  return "oauth-token-of-a-member";
}
