import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { EMPTY_LOCK } from "../../src/lock/schema.js";
import { printLock } from "../../src/lock/write.js";
import type { LogEntry } from "../../src/proxy/log.js";
import { type Locks, openLocks } from "../../src/proxy/locks.js";
import { makeLock } from "../make/lock.js";

let file: string;
let locks: Locks;
let logged: LogEntry[];

beforeEach(async () => {
  file = join(await mkdtemp(join(tmpdir(), "locks-")), "artifacts.lock.json");
  await writeFile(file, await printLock(EMPTY_LOCK));
  logged = [];
  locks = await openLocks([file], (entry) => logged.push(entry));
});

afterEach(() => locks.close());

async function untilLogged(event: LogEntry["event"]): Promise<LogEntry> {
  for (;;) {
    const entry = logged.find((one) => one.event === event);
    if (entry !== undefined) return entry;
    await sleep(50);
  }
}

test("a lock that changes is served without a restart", async () => {
  await writeFile(file, await printLock(makeLock()));

  await untilLogged("reloaded");

  expect(locks.current()).toEqual([makeLock()]);
});

test("a lock that is broken leaves the last good one in force and says why", async () => {
  await writeFile(file, '{ "version": 99 }');

  expect(await untilLogged("kept-old-lock")).toMatchObject({ error: expect.stringContaining("version 99") });

  expect(locks.current()).toEqual([EMPTY_LOCK]);
});
