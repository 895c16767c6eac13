/** A download that several callers share, each with a token of their own, and whose starter loses the right to it. */
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { type IncomingMessage, get } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { afterEach, beforeEach, expect, it } from "vitest";
import { fodPath } from "../../src/generate/fod-path.js";
import { GitLabError } from "../../src/gitlab/gitlab-error.js";
import type { GitLab } from "../../src/gitlab/gitlab.js";
import { type Cache, openCache } from "../../src/proxy/cache/cache.js";
import { type Proxy, startProxy } from "../../src/proxy/proxy.js";
import { sampleBytes } from "../store/samples.js";
import { makeArtifact, makeLock, makeVariantOf } from "../make/lock.js";

const BYTES = sampleBytes(1_000_000, "shared");
const GITLAB = "https://gitlab.example.com";
const [FIRST, SECOND] = ["glpat-of-who-came-first", "glpat-of-who-came-second"];

let directory: string;
let cache: Cache;
let proxy: Proxy;
let path: string;
/** Tokens that GitLab was asked with. */
let asked: string[];
let revoked: Set<string>;
/** Breaks off what runs for the first token. */
let breakOff: () => void;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "nix-artifacts-shared-"));
  cache = await openCache({ directory, maxBytes: 2 ** 30, log: () => {} });
  asked = [];
  revoked = new Set();
  const broken = new Promise<void>((resolve) => (breakOff = resolve));
  const url = `${GITLAB}/api/v4/projects/1/jobs/2/artifacts/tool`;
  const variant = await makeVariantOf({ url, bytes: BYTES });
  path = fodPath(GITLAB, variant);
  const lock = makeLock({ tool: makeArtifact({ gitlab: GITLAB, systems: { any: variant } }) });

  async function* body(token: string): AsyncGenerator<Uint8Array> {
    if (token !== FIRST) return void (yield BYTES);
    yield BYTES.subarray(0, 300_000);
    yield BYTES.subarray(300_000, 600_000);
    await broken;
    asked.push(token); // the client takes up what broke off
    throw revokedError();
  }
  const download: GitLab["download"] = (_, { credential } = {}) => {
    const token = credential?.headers["private-token"] ?? "";
    asked.push(token);
    if (revoked.has(token)) {
      return Promise.reject(revokedError());
    }
    return Promise.resolve({ size: BYTES.length, body: body(token), destroy: () => {} });
  };
  proxy = await startProxy({
    listeners: [],
    passthrough: { listeners: [{ host: "127.0.0.1", port: 0 }], origin: new URL(GITLAB) },
    locks: () => [lock],
    cache,
    gitlab: { download } as GitLab, // nothing else of it is used
    log: () => {},
  });
});
afterEach(async () => {
  await proxy.close(0);
  cache.close();
  await rm(directory, { recursive: true });
});

function revokedError(): GitLabError {
  return new GitLabError("GITLAB_UNAUTHORIZED", "revoked", { status: 401 });
}

/** Resolves when the head of the answer is there. */
async function begin(token: string): Promise<IncomingMessage> {
  const authorization = `Basic ${Buffer.from(`me:${token}`).toString("base64")}`;
  const asking = get(`${proxy.urls[0]}${path}`, { agent: false, headers: { authorization } });
  const [response] = (await once(asking, "response")) as [IncomingMessage]; // node's own event
  return response;
}

it("goes on with the token of another who waits, when the one it began with is revoked", async () => {
  const [first, second] = [await begin(FIRST), await begin(SECOND)];
  const bodies = Promise.all([buffer(first).catch(() => undefined), buffer(second)]);
  revoked.add(FIRST);
  breakOff();
  const [, other] = await bodies;
  expect(other.equals(BYTES)).toBe(true);
  expect(first.complete).toBe(false);
  // To admit each, to download, in vain, and again.
  expect(asked).toEqual([FIRST, FIRST, SECOND, FIRST, SECOND]);
});

it("ends for all who ask with the same token", async () => {
  const both = [await begin(FIRST), await begin(FIRST)];
  const bodies = Promise.all(both.map((response) => buffer(response).catch(() => undefined)));
  revoked.add(FIRST);
  breakOff();
  expect(await bodies).toEqual([undefined, undefined]);
  expect(asked).toEqual([FIRST, FIRST, FIRST]);
});

it("does not go on with the token of one who went away", async () => {
  const [first, second] = [await begin(FIRST), await begin(SECOND)];
  const body = buffer(first).catch(() => undefined);
  second.destroy();
  await once(second, "close");
  revoked.add(FIRST);
  setTimeout(breakOff, 100);
  expect(await body).toBeUndefined();
  expect(asked.filter((token) => token === SECOND)).toHaveLength(1);
});
