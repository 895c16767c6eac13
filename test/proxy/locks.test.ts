import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { EMPTY_LOCK } from "../../src/lock/schema.js";
import { printLock } from "../../src/lock/write.js";
import type { LogEntry } from "../../src/proxy/log.js";
import { type Locks, notesOfLocks, openLocks } from "../../src/proxy/locks.js";
import { makeLock } from "../make/lock.js";

let file: string;
let locks: Locks;
let logged: LogEntry[];

beforeEach(async () => {
  file = join(await mkdtemp(join(tmpdir(), "locks-")), "artifacts.lock.json");
  await writeFile(file, printLock(EMPTY_LOCK));
  logged = [];
  locks = await open(file);
});

afterEach(() => locks.close());

function open(...files: string[]): Promise<Locks> {
  return openLocks({ files, directory: dirname(file), log: (entry) => logged.push(entry), pollMs: 20 });
}

async function untilLogged(event: LogEntry["event"]): Promise<LogEntry> {
  for (;;) {
    const entry = logged.find((one) => one.event === event);
    if (entry !== undefined) return entry;
    await sleep(50);
  }
}

test("a lock that changes is served without a restart", async () => {
  await writeFile(file, printLock(makeLock()));

  await untilLogged("reloaded");

  expect(locks.current()).toEqual([makeLock()]);
});

test("a lock that is broken leaves the last good one in force and says why", async () => {
  await writeFile(file, '{ "version": 99 }');

  expect(await untilLogged("kept-old-lock")).toMatchObject({ error: expect.stringContaining("version 99") });

  expect(locks.current()).toEqual([EMPTY_LOCK]);
});

test("a lock that is broken is told to whoever looks, until it is whole again", async () => {
  await writeFile(file, "{");
  await untilLogged("kept-old-lock");

  expect(locks.states()).toMatchObject([{ file, problem: { message: expect.stringContaining("JSON") } }]);
  expect(notesOfLocks(locks.states())).toEqual([
    "lockfiles that are broken, whose last good version is served: 1",
  ]);

  await writeFile(file, printLock(makeLock()));
  await untilLogged("reloaded");
  expect(notesOfLocks(locks.states())).toEqual([]);
});

test("a lock that is removed leaves the last good one in force", async () => {
  await writeFile(file, printLock(makeLock()));
  await untilLogged("reloaded");
  await rm(file);

  expect(await untilLogged("kept-old-lock")).toMatchObject({
    error: expect.stringContaining("is not there"),
  });

  expect(locks.current()).toEqual([makeLock()]);
});

test("a pattern serves the files that match it, also later ones, and no longer those that are gone", async () => {
  locks.close();
  locks = await open("*.lock.json");
  const other = join(dirname(file), "other.lock.json");
  await writeFile(other, printLock(makeLock()));

  await untilLogged("reloaded");
  expect(locks.current()).toEqual([EMPTY_LOCK, makeLock()]);

  await rm(other);
  await untilLogged("dropped-lock");
  expect(locks.current()).toEqual([EMPTY_LOCK]);
});

test("a pattern that matches nothing is a mistake; a file that is not there yet is waited for, and told", async () => {
  await expect(open("nothing-*.json")).rejects.toMatchObject({ code: "NO_LOCK", exitCode: 2 });

  const early = await open("later.json");
  expect(early.states()).toMatchObject([
    { lock: EMPTY_LOCK, problem: { message: expect.stringContaining("is not there") } },
  ]);
  early.close();
});
