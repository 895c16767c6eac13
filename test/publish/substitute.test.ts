/** What was published, seen by a multi-user Nix: its daemon wants signatures, and the user is one whom it does not trust. */
import { createHash } from "node:crypto";
import { chmod } from "node:fs/promises";
import { basename, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openFileCache } from "../../src/cache/file-cache.js";
import type { FileForm } from "../../src/hash/form-content.js";
import type { Compression } from "../../src/publish/compression.js";
import { publish } from "../../src/publish/publish.js";
import { formatSri } from "../../src/store/sri.js";
import { fixedOutputPath } from "../../src/store/store-path.js";
import { makeRandomTree, nixDump, tarOf } from "../hash/unpack/trees.js";
import { startUpstream, type Upstream } from "../hash/upstream.js";
import { type NixHost, startNixHost } from "../nix/host.js";
import { built, makeFolder, writeOverlay } from "../nix/workspace.js";
import { makeArtifact, makeLock, makeVariantOf } from "../make/lock.js";

const CACHE = `/tmp/published-${process.pid}`;

let host: NixHost;
let upstream: Upstream;
beforeAll(async () => {
  host = await startNixHost({ conf: { substituters: `file://${CACHE}`, "require-sigs": "true" } });
  upstream = await startUpstream();
});
afterAll(async () => {
  await upstream.close();
  await host.output("rm", ["-rf", CACHE], { user: "root" });
  await host.stop();
});

/** Locks new bytes and publishes them to `cache`. */
async function published(name: string, form: FileForm, cache: string, compression: Compression = "zstd") {
  const bytes = Buffer.from(`#!/bin/sh\necho ${name}\n`);
  const variant = await makeVariantOf({ url: upstream.serve(`/${name}`, bytes), bytes, name, form });
  const wanted = [{ artifact: name, system: "any", variant }];
  const outcomes = await publish(wanted, {
    gitlab: upstream.gitlab,
    cache: openFileCache(cache),
    compression,
  });
  expect(outcomes).toMatchObject([{ status: "published" }]);
  return variant;
}

test.each(["file", "executable"] as const)(
  "a required %s is substituted, without a signature",
  async (form) => {
    const variant = await published(`substituted-${form}`, form, CACHE);
    const artifact = makeArtifact({ fetch: "require", systems: { any: variant } });
    const folder = await writeOverlay(host, makeLock({ acme: artifact }));

    expect(await built(host, `(import ${folder}/sources.nix { }).acme`)).toBe(variant.storePath);
  },
);

test.each(["xz", "none"] as const)(
  "a required file is substituted that was written with %s",
  async (compression) => {
    const variant = await published(`substituted-${compression}`, "file", CACHE, compression);
    const artifact = makeArtifact({ fetch: "require", systems: { any: variant } });
    const folder = await writeOverlay(host, makeLock({ acme: artifact }));

    expect(await built(host, `(import ${folder}/sources.nix { }).acme`)).toBe(variant.storePath);
  },
);

test("a required tree is substituted, as it was in the archive", async () => {
  const tree = await makeFolder(host, "tree");
  await makeRandomTree(tree, 5);
  const nar = nixDump(tree);
  const sha256 = createHash("sha256").update(nar).digest();
  const archive = tarOf(tree, "--gzip");
  const bytes = await makeVariantOf({ url: upstream.serve("/tree", archive), bytes: archive, name: "tree" });
  const variant = {
    ...bytes,
    form: "unpacked" as const,
    hash: formatSri(sha256),
    narHash: formatSri(sha256),
    narSize: nar.length,
    storePath: fixedOutputPath({ name: "tree", method: "nar", sha256 }),
  };
  const outcomes = await publish([{ artifact: "tree", system: "any", variant }], {
    gitlab: upstream.gitlab,
    cache: openFileCache(CACHE),
    compression: "zstd",
  });
  expect(outcomes).toMatchObject([{ status: "published" }]);
  const artifact = makeArtifact({ fetch: "require", systems: { any: variant } });
  const folder = await writeOverlay(host, makeLock({ acme: artifact }));

  expect(await built(host, `(import ${folder}/sources.nix { }).acme`)).toBe(variant.storePath);
  expect(nixDump(join(host.store, basename(variant.storePath))).equals(nar)).toBe(true);
});

test("an untrusted user may copy from a cache that the daemon does not know", async () => {
  const cache = join(await makeFolder(host, "cache"), "c");
  const variant = await published("copied", "executable", cache);
  await chmod(cache, 0o755);

  await host.output("nix", ["copy", "--from", `file://${cache}`, variant.storePath]);
  expect(await host.output(variant.storePath, [])).toBe("copied");
});
