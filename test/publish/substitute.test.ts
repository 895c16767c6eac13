/** What was published, seen by a multi-user Nix: its daemon wants signatures, and the user is one whom it does not trust. */
import { chmod } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openFileCache } from "../../src/cache/file-cache.js";
import type { FileForm } from "../../src/hash/form-content.js";
import { publish } from "../../src/publish/publish.js";
import { lockedArtifact, lockOf } from "../generate/locks.js";
import { lockedVariant } from "../hash/locked.js";
import { startUpstream, type Upstream } from "../hash/upstream.js";
import { type NixHost, startNixHost } from "../nix/host.js";
import { built, makeFolder, writeOverlay } from "../nix/workspace.js";

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
async function published(name: string, form: FileForm, cache: string) {
  const bytes = Buffer.from(`#!/bin/sh\necho ${name}\n`);
  const variant = await lockedVariant({ url: upstream.serve(`/${name}`, bytes), bytes, name, form });
  const wanted = [{ artifact: name, system: "any", variant }];
  const outcomes = await publish(wanted, {
    gitlab: upstream.gitlab,
    cache: openFileCache(cache),
    compression: "zstd",
  });
  expect(outcomes).toMatchObject([{ status: "published" }]);
  return variant;
}

test.each(["file", "executable"] as const)(
  "a required %s is substituted, without a signature",
  async (form) => {
    const variant = await published(`substituted-${form}`, form, CACHE);
    const artifact = lockedArtifact({ fetch: "require", systems: { any: variant } });
    const folder = await writeOverlay(host, lockOf({ acme: artifact }));

    expect(await built(host, `(import ${folder}/sources.nix { }).acme`)).toBe(variant.storePath);
  },
);

test("an untrusted user may copy from a cache that the daemon does not know", async () => {
  const cache = join(await makeFolder(host, "cache"), "c");
  const variant = await published("copied", "executable", cache);
  await chmod(cache, 0o755);

  await host.output("nix", ["copy", "--from", `file://${cache}`, variant.storePath]);
  expect(await host.output(variant.storePath, [])).toBe("copied");
});
