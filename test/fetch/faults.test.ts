/** What `fetch` makes of a store that cannot take anything. */
import { execFileSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { fetchIntoStore } from "../../src/fetch/fetch.js";
import type { LockedEntry } from "../../src/lock/entry.js";
import { createNix } from "../../src/store/nix.js";
import { startUpstream, type Upstream } from "../hash/upstream.js";
import { sampleBytes } from "../store/samples.js";
import { type TemporaryNix, temporaryNix } from "../store/temporary-nix.js";
import { makeVariantOf } from "../make/lock.js";

let upstream: Upstream;
beforeEach(async () => {
  upstream = await startUpstream();
});
afterEach(() => upstream.close());

async function wanted(artifact: string, size = 10_000): Promise<LockedEntry> {
  const bytes = sampleBytes(size, artifact);
  const variant = await makeVariantOf({ url: upstream.serve(`/${artifact}`, bytes), bytes, name: artifact });
  return { artifact, system: "any", variant };
}

it("says that the daemon is down, how to start it, and downloads nothing", async () => {
  const socket = join(tmpdir(), "no-daemon");
  const nix = createNix({ env: { ...process.env, NIX_REMOTE: "daemon", NIX_DAEMON_SOCKET_PATH: socket } });
  const fetching = fetchIntoStore([await wanted("one")], { gitlab: upstream.gitlab, nix });
  await expect(fetching).rejects.toMatchObject({
    code: "NIX_FAILED",
    exitCode: 1,
    message: expect.stringContaining(socket),
    hint: expect.stringContaining("systemctl start nix-daemon"),
  });
  expect(upstream.requests).toEqual([]);
});

it("says that the store is read-only, and downloads nothing", () =>
  withStoreOn("size=16m", async (store, disk) => {
    const nix = createNix({ env: store.env });
    await nix.missing(["/nix/store/00000000000000000000000000000000-x"]);
    execFileSync("mount", ["-o", "remount,ro", disk]);
    const fetching = fetchIntoStore([await wanted("one")], { gitlab: upstream.gitlab, nix });
    await expect(fetching).rejects.toMatchObject({
      code: "NIX_FAILED",
      hint: expect.stringContaining("this user may write"),
    });
    expect(upstream.requests).toEqual([]);
    execFileSync("mount", ["-o", "remount,rw", disk]);
  }));

it("adds what fits into a full store, and says what to do for the rest", () =>
  withStoreOn("size=24m", async (store) => {
    const nix = createNix({ env: store.env });
    const all = [await wanted("big", 30_000_000), await wanted("small")];
    const [big, small] = await fetchIntoStore(all, { gitlab: upstream.gitlab, nix });
    expect(big).toMatchObject({
      status: "failed",
      error: { code: "NIX_FAILED", hint: expect.stringContaining("nix-collect-garbage") },
    });
    expect(small).toMatchObject({ status: "added" });
    const paths = all.map(({ variant }) => variant.storePath);
    expect(await nix.missing(paths)).toEqual(new Set([paths[0]]));
    await store.run("nix-store", "--verify-path", paths[1] ?? "");
  }));

/** A store of its own on a file system of its own. */
async function withStoreOn(
  options: string,
  use: (store: TemporaryNix, disk: string) => Promise<void>,
): Promise<void> {
  const disk = mkdtempSync("/tmp/disk-");
  execFileSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", disk]);
  try {
    vi.stubEnv("TMPDIR", disk);
    const store = await temporaryNix();
    vi.unstubAllEnvs();
    await use(store, disk);
  } finally {
    execFileSync("umount", [disk]);
    await rm(disk, { recursive: true });
  }
}
