import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { fodPath } from "../../src/generate/fod-path.js";
import { openCache } from "../../src/proxy/cache/cache.js";
import { type Proxy, startProxy } from "../../src/proxy/proxy.js";
import { formatSri } from "../../src/store/sri.js";
import { makeRandomTree, nixDump, tarOf } from "../hash/unpack/trees.js";
import { type Upstream, startUpstream } from "../hash/upstream.js";
import { makeArtifact, makeLock, makeVariant } from "../make/lock.js";
import { ask } from "./running-proxy.js";

let folder: string;
let upstream: Upstream;
let proxy: Proxy;
let url: string;
let nar: Buffer;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "nix-artifacts-test-"));
  const tree = join(folder, "tree");
  await mkdir(tree);
  await mkdir(join(folder, "tmp"));
  vi.stubEnv("TMPDIR", join(folder, "tmp"));
  await makeRandomTree(tree, 4);
  nar = nixDump(tree);
  const archive = tarOf(tree, "--gzip");
  upstream = await startUpstream();
  const sri = formatSri(createHash("sha256").update(nar).digest());
  const variant = makeVariant({
    url: upstream.serve("/archive", archive),
    form: "unpacked",
    size: archive.length,
    hash: sri,
    narHash: sri,
    narSize: nar.length,
  });
  const lock = makeLock({ acme: makeArtifact({ systems: { any: variant } }) });
  path = fodPath("https://gitlab.example.com", variant);
  const cache = await openCache({ directory: join(folder, "cache"), maxBytes: 2 ** 30, log: () => {} });
  proxy = await startProxy({
    listeners: [{ host: "127.0.0.1", port: 0 }],
    cache,
    locks: () => [lock],
    gitlab: upstream.gitlab,
    log: () => {},
  });
  url = proxy.urls[0] ?? "";
});
afterEach(async () => {
  await proxy.close(0);
  await upstream.close();
  await vi.waitFor(async () => expect(await readdir(join(folder, "tmp"))).toEqual([]));
  await rm(folder, { recursive: true });
});

it("an archive of form unpacked is served as the NAR of its tree", async () => {
  const { status, headers, body, complete } = await ask(url, path);
  expect({ status, length: headers["content-length"], complete }).toEqual({
    status: 200,
    length: String(nar.length),
    complete: true,
  });
  expect(body.equals(nar)).toBe(true);
});

it("its NAR can be continued where a download broke off", async () => {
  const { status, body } = await ask(url, path, { headers: { range: "bytes=1000-" } });
  expect(status).toBe(206);
  expect(body.equals(nar.subarray(1000))).toBe(true);
});

it("another archive in its place makes no complete answer", async () => {
  await mkdir(join(folder, "other"));
  await makeRandomTree(join(folder, "other"), 2);
  upstream.serve("/archive", tarOf(join(folder, "other"), "--gzip"));
  const { status, complete } = await ask(url, path);
  expect(status === 200 && complete).toBe(false);
});
