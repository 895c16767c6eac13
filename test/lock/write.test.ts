import { format } from "prettier";
import { expect, test } from "vitest";
import { parseLock } from "../../src/lock/read.js";
import { Lock } from "../../src/lock/schema.js";
import { lockText, printLock } from "../../src/lock/write.js";
import { makeArtifact, makeLock } from "../make/lock.js";

test("the order of keys does not depend on how the lock was made", async () => {
  const lock = makeLock({ b: makeArtifact(), a: makeArtifact() });
  const reversed = reverseKeys(lock);

  expect(printLock(Lock.parse(reversed))).toBe(printLock(lock));
  expect(Object.keys(parseLock(printLock(lock), "lock").artifacts)).toEqual(["a", "b"]);
});

test("every fact stands on a line of its own", async () => {
  const lines = printLock(makeLock()).split("\n");

  expect(lines.filter((line) => (line.match(/": /g) ?? []).length > 1)).toEqual([]);
});

test("a lock that says the same in another format is left alone", async () => {
  const text = JSON.stringify(JSON.parse(printLock(makeLock())), undefined, 8);

  expect(lockText(makeLock(), text)).toBe(text);
  expect(lockText(makeLock({}), text)).toBe(printLock(makeLock({})));
  expect(lockText(makeLock(), "no JSON")).toBe(printLock(makeLock()));
});

test("prettier has nothing to change", async () => {
  const text = printLock(
    makeLock({ a: makeArtifact({ install: { kind: "archive", bin: ["bin/a", "bin/b"] } }) }),
  );

  expect(await format(text, { parser: "json" })).toBe(text);
});

function reverseKeys(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, inner]) => [key, reverseKeys(inner)])
      .toReversed(),
  );
}

test("a lock that shares artifacts with one printed before has the text that it has alone", async () => {
  const shared = makeArtifact({ description: '}\n    },\n    "x": {' });
  const first = makeLock({ acme: shared, brisk: makeArtifact() });
  printLock(first);
  const second = makeLock({
    acme: shared,
    crane: makeArtifact({ install: { kind: "archive", bin: ["bin/a"] } }),
  });

  const text = printLock(second);

  expect(text).toBe(printLock(structuredClone(second)));
  expect(JSON.parse(text)).toEqual(second);
  expect(printLock(makeLock({ renamed: shared, brisk: makeArtifact() }))).toContain('"renamed": {');
  expect(printLock(makeLock({}))).toBe(printLock(structuredClone(makeLock({}))));
});
