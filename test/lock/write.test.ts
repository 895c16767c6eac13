import { execFile } from "node:child_process";
import { mkdtemp, readFile, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { parseLock } from "../../src/lock/read.js";
import { Lock, type LockedArtifact } from "../../src/lock/schema.js";
import { printLock, writeLock } from "../../src/lock/write.js";
import { makeArtifact, makeLock, makeVariant } from "../make/lock.js";

const run = promisify(execFile);

test("the order of keys does not depend on how the lock was made", () => {
  const lock = makeLock({ b: makeArtifact(), a: makeArtifact() });
  const reversed = reverseKeys(lock);

  expect(printLock(Lock.parse(reversed))).toBe(printLock(lock));
  expect(Object.keys(parseLock(printLock(lock), "lock").artifacts)).toEqual(["a", "b"]);
});

test("every fact stands on a line of its own", () => {
  const lines = printLock(makeLock()).split("\n");

  expect(lines.filter((line) => (line.match(/": /g) ?? []).length > 1)).toEqual([]);
});

test("an equal lock is not written again", async () => {
  const file = join(await mkdtemp(join(tmpdir(), "lock-")), "artifacts.lock.json");

  expect(await writeLock(file, makeLock())).toBe(true);
  const { ino, mtimeMs } = await stat(file);
  expect(await writeLock(file, makeLock())).toBe(false);
  expect(await stat(file)).toMatchObject({ ino, mtimeMs });
});

test("two branches that bump different artifacts merge without conflict", async () => {
  const directory = await mkdtemp(join(tmpdir(), "merge-"));
  const names = ["alpha", "beta", "gamma"];
  const lockWith = (bumped: readonly string[]) =>
    printLock(makeLock(Object.fromEntries(names.map((name) => [name, bump(bumped.includes(name))]))));
  await writeFile(join(directory, "base"), lockWith([]));
  await writeFile(join(directory, "ours"), lockWith(["alpha", "gamma"]));
  await writeFile(join(directory, "theirs"), lockWith(["beta"]));

  await run("git", ["merge-file", "ours", "base", "theirs"], { cwd: directory });

  expect(await readFile(join(directory, "ours"), "utf8")).toBe(lockWith(names));
});

function bump(newer: boolean): LockedArtifact {
  const variant = newer
    ? makeVariant({ version: "2", job: 2, createdAt: "2027-01-01T00:00:00Z", expiresAt: null, size: 2 })
    : makeVariant();
  return makeArtifact({ systems: { "aarch64-linux": variant, "x86_64-linux": variant } });
}

function reverseKeys(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, inner]) => [key, reverseKeys(inner)])
      .toReversed(),
  );
}
