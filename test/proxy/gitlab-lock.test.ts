import { mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createGitLab } from "../../src/gitlab/client.js";
import type { GitLab } from "../../src/gitlab/gitlab.js";
import type { Lock } from "../../src/lock/schema.js";
import { printLock } from "../../src/lock/write.js";
import { openCache } from "../../src/proxy/cache/cache.js";
import { followLock, pauseMs } from "../../src/proxy/gitlab-lock.js";
import { parseLockAddress } from "../../src/proxy/lock-address.js";
import { type Locks, notesOfLocks } from "../../src/proxy/locks.js";
import type { LogEntry } from "../../src/proxy/log.js";
import { narinfoPath } from "../../src/proxy/narinfo.js";
import { startProxy } from "../../src/proxy/proxy.js";
import { type EmbeddedGitLab, startGitLab } from "../../src/simulator/simulator.js";
import { CANARY, canaryFor } from "../gitlab/test-client.js";
import { makeArtifact, makeLock, makeVariant } from "../make/lock.js";
import { ask, runProxy } from "./running-proxy.js";

const FILE = "nix/artifacts.lock.json";
const ONE = makeLock({ one: makeArtifact() });
const TWO = makeLock({ two: makeArtifact() });

let gitlab: EmbeddedGitLab;
let client: GitLab;
let directory: string;
let logged: LogEntry[];
let opened: Locks[];

beforeEach(async () => {
  gitlab = await startGitLab();
  gitlab.addToken({ token: CANARY, kind: "personal" });
  gitlab.addProject({ path: "team/toolchain" });
  client = createGitLab({ credentials: canaryFor(gitlab.url), retry: { retries: 0 } });
  directory = await mkdtemp(join(tmpdir(), "nix-artifacts-locks-"));
  logged = [];
  opened = [];
  await commit(ONE);
});
afterEach(async () => {
  for (const locks of opened) locks.close();
  await client.close();
  await gitlab.close();
  await rm(directory, { recursive: true });
});

/** What main says from now on. */
async function commit(lock: Lock | string | null): Promise<void> {
  const text = lock === null || typeof lock === "string" ? lock : printLock(lock);
  gitlab.forge("team/toolchain").repository.commit("main", { files: { [FILE]: text } });
}

async function follow(pollMs = 20): Promise<Locks> {
  const address = { instance: gitlab.url, project: "team/toolchain", ref: "main", path: FILE };
  const log = (entry: LogEntry) => logged.push(entry);
  const locks = await followLock(address, { gitlab: client, directory, log, pollMs });
  opened.push(locks);
  return locks;
}

function events(): readonly string[] {
  return logged.map(({ event }) => event);
}

describe("a lock in a repository", () => {
  it("is served as the ref says, and again when the ref says something else", async () => {
    const locks = await follow();
    expect(locks.current()).toEqual([ONE]);
    await commit(TWO);
    await vi.waitFor(() => expect(locks.current()).toEqual([TWO]));
    expect(locks.states()).toMatchObject([
      { file: `gitlab:team/toolchain@main:${FILE}`, problem: undefined },
    ]);
  });

  it("is what clients of the proxy get, without a restart", async () => {
    const running = await runProxy();
    const locks = await follow();
    const proxy = await startProxy({
      listeners: [{ host: "127.0.0.1", port: 0 }],
      locks: locks.current,
      gitlab: client,
      cache: await openCache({ directory: running.directory, maxBytes: 1, log: () => {} }),
      log: () => {},
    });
    const locked = makeVariant({ storePath: `/nix/store/${"1".repeat(32)}-later` });
    const statusOf = async () => (await ask(proxy.urls[0] ?? "", narinfoPath(locked))).status;
    expect(await statusOf()).toBe(404);
    await commit(makeLock({ later: makeArtifact({ systems: { any: locked } }) }));
    await vi.waitFor(async () => expect(await statusOf()).toBe(200));
    await commit(ONE);
    await vi.waitFor(async () => expect(await statusOf()).toBe(404));
    await proxy.close(0);
    await running.close();
  });

  it("is not asked for again while its commit is the same", async () => {
    await follow();
    await vi.waitFor(() => expect(commitsAsked()).toBeGreaterThan(4));
    expect(gitlab.requests.filter(({ path }) => path.includes("/files/"))).toHaveLength(1);
  });

  it.each([
    ["broken", '{ "version": 99 }', "version 99"],
    ["removed", null, "is not there"],
  ])(
    "leaves the last good one in force when it is %s, says so once, and until it is whole",
    async (_, text, why) => {
      const locks = await follow();
      await commit(text);
      await vi.waitFor(() => expect(notesOfLocks(locks.states())).toHaveLength(1));
      const asked = commitsAsked();
      await vi.waitFor(() => expect(commitsAsked()).toBeGreaterThan(asked + 2));
      expect(locks.current()).toEqual([ONE]);
      expect(locks.states()[0]?.problem?.message).toContain(why);
      expect(events()).toEqual(["kept-old-lock"]);
      await commit(TWO);
      await vi.waitFor(() => expect(locks.current()).toEqual([TWO]));
      expect(notesOfLocks(locks.states())).toEqual([]);
    },
  );
});

describe("when GitLab is down", () => {
  const down = () => gitlab.fault({ kind: "bad-gateway", path: "/repository/" });

  it("the last good one stays in force, and that it may be old is told until GitLab is back", async () => {
    const locks = await follow();
    down();
    await vi.waitFor(() => expect(notesOfLocks(locks.states())).toHaveLength(1));
    expect(locks.current()).toEqual([ONE]);
    gitlab.clearFaults();
    await vi.waitFor(() => expect(notesOfLocks(locks.states())).toEqual([]));
    expect(events()).toEqual(["kept-old-lock", "reloaded"]);
  });

  it("it is asked less and less often, but every five minutes", () => {
    expect([0, 1, 2, 3, 4, 99].map((failures) => pauseMs(failures))).toEqual([
      30_000, 60_000, 120_000, 240_000, 300_000, 300_000,
    ]);
  });

  it("a start serves what the last run left on disk; the first start cannot", async () => {
    down();
    await expect(follow()).rejects.toMatchObject({ transient: true });
    gitlab.clearFaults();
    (await follow()).close();
    down();
    const locks = await follow();
    expect(locks.current()).toEqual([ONE]);
    expect(notesOfLocks(locks.states())).toHaveLength(1);
    gitlab.clearFaults();
    await commit(TWO);
    await vi.waitFor(() => expect(locks.current()).toEqual([TWO]));
    expect(notesOfLocks(locks.states())).toEqual([]);
  });

  it("a copy that is damaged does not hide what GitLab said", async () => {
    (await follow()).close();
    const [name = ""] = await readdir(directory);
    await writeFile(join(directory, name), "{");
    down();
    await expect(follow()).rejects.toMatchObject({ transient: true });
    expect(events()).toContain("damaged");
  });

  it("it is asked as often as before when it is back, be the lock good or not", async () => {
    await follow();
    down();
    const asked = commitsAsked();
    await vi.waitFor(() => expect(commitsAsked()).toBeGreaterThan(asked + 5), 3_000);
    gitlab.clearFaults();
    await commit("{");
    await vi.waitFor(() => expect(events()).toHaveLength(2), 3_000);
    const back = commitsAsked();
    await vi.waitFor(() => expect(commitsAsked()).toBeGreaterThan(back + 3));
  });

  it("what is on disk is the proxy's alone", async () => {
    await follow();
    const [name, ...others] = await readdir(directory);
    expect(others).toEqual([]);
    expect((await stat(join(directory, name ?? ""))).mode & 0o777).toBe(0o600);
  });
});

it.each([
  ["gitlab:team/tools@main", { project: "team/tools", ref: "main", path: "artifacts.lock.json" }],
  [
    "gitlab:team/tools@feature/a@b:nix/x.json",
    { project: "team/tools", ref: "feature/a@b", path: "nix/x.json" },
  ],
  ["artifacts.lock.json", undefined],
])("%s names a lock", (text, address) => expect(parseLockAddress(text)).toEqual(address));

it.each(["gitlab:team/tools", "gitlab:@main", "gitlab:team/tools@", "gitlab:a b/c@main"])(
  "%s names none, and the right form is told",
  (text) =>
    expect(() => parseLockAddress(text)).toThrow(
      expect.objectContaining({ code: "BAD_LOCK_ADDRESS", exitCode: 2 }),
    ),
);

function commitsAsked(): number {
  return gitlab.requests.filter(({ path }) => path.includes("/commits/main")).length;
}
