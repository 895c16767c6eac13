import { expect, test } from "vitest";
import { upgradeLock } from "../../src/lock/upgrade.js";

const RENAMES = {
  1: (lock: Readonly<Record<string, unknown>>) => ({ entries: lock["artifacts"] }),
  2: (lock: Readonly<Record<string, unknown>>) => ({ items: lock["entries"] }),
};

test("an old lock goes through every step up to the current format", () => {
  expect(upgradeLock({ version: 1, artifacts: { a: 1 } }, "lock", RENAMES, 3)).toEqual({
    version: 3,
    items: { a: 1 },
  });
  expect(upgradeLock({ version: 2, entries: { a: 1 } }, "lock", RENAMES, 3)).toEqual({
    version: 3,
    items: { a: 1 },
  });
});

test("a current lock is taken as it is", () => {
  const lock = { version: 1, artifacts: {} };

  expect(upgradeLock(lock, "lock")).toBe(lock);
});

test("a version that never existed is refused", () => {
  expect(() => upgradeLock({ version: 1 }, "lock", { 2: RENAMES[2] }, 3)).toThrow(
    /version 1, which never existed/,
  );
  expect(() => upgradeLock({ version: 0 }, "lock")).toThrow(/no format version/);
});
