/** What `fetch` makes of a store that cannot take anything. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, symlinkSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { fetchIntoStore, type FetchOutcome } from "../../src/fetch/fetch.js";
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

/** Fetches from a store without a daemon, where a script is what would be started as one. */
async function fetchWithDaemon(
  script: string | undefined,
  all: readonly LockedEntry[],
): Promise<{ outcomes: FetchOutcome[]; missing: ReadonlySet<string> }> {
  const store = await temporaryNix();
  const path = mkdtempSync(join(tmpdir(), "path-"));
  for (const program of ["nix", "nix-store"]) symlinkSync(execPathOf(program), join(path, program));
  if (script !== undefined) {
    const text = `#!/bin/sh\nPATH=${process.env["PATH"]}\n${script}\n`;
    writeFileSync(join(path, "nix-daemon"), text, { mode: 0o755 });
  }
  try {
    const nix = createNix({ env: { ...store.env, PATH: path } });
    const outcomes = await fetchIntoStore(all, { gitlab: upstream.gitlab, nix });
    return { outcomes, missing: await nix.missing(all.map(({ variant }) => variant.storePath)) };
  } finally {
    await store.remove();
    await rm(path, { recursive: true });
  }
}

function execPathOf(program: string): string {
  return execFileSync("which", [program], { encoding: "utf8" }).trim();
}

it("has Nix's programs do it where no daemon can be started", async () => {
  const { outcomes, missing } = await fetchWithDaemon(undefined, [await wanted("one")]);
  expect(outcomes).toMatchObject([{ status: "added" }]);
  expect(missing).toEqual(new Set());
});

it.each([
  ["ends without a word", "exit 3", "NIX_FAILED", /ended before/],
  ["says why it ends when it has", "exec >&-; sleep 0.2; echo the reason >&2", "NIX_FAILED", /the reason/],
  ["says what nobody knows", "exec yes no", "NIX_UNKNOWN_ANSWER", /does not know/],
])("downloads nothing for a daemon that %s, and repeats it", async (_, script, code, message) => {
  await expect(fetchWithDaemon(script, [await wanted("one")])).rejects.toMatchObject({
    code,
    message: expect.stringMatching(message),
    hint: expect.stringContaining("nix"),
  });
  expect(upstream.requests).toEqual([]);
});

it("says of what a daemon ended in the middle of that it is not there", async () => {
  const cut = "stdbuf -o0 head -c 1000000 | nix-daemon --stdio";
  const { outcomes, missing } = await fetchWithDaemon(cut, [await wanted("big", 3_000_000)]);
  expect(outcomes).toMatchObject([{ status: "failed", error: { code: "NIX_FAILED", exitCode: 1 } }]);
  expect(missing.size).toBe(1);
});

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
