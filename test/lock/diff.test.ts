import { expect, test } from "vitest";
import { diffLocks } from "../../src/lock/diff.js";
import { makeArtifact, makeLock, makeVariant } from "../make/lock.js";

test("variants that came, went and changed are told apart", () => {
  const before = makeLock({
    changed: makeArtifact(),
    gone: makeArtifact(),
    same: makeArtifact(),
    systems: makeArtifact({ systems: { "aarch64-darwin": makeVariant() } }),
  });
  const after = makeLock({
    changed: makeArtifact({ systems: { "x86_64-linux": makeVariant({ job: 2 }) } }),
    new: makeArtifact(),
    same: makeArtifact(),
    systems: makeArtifact({ systems: { "x86_64-linux": makeVariant() } }),
  });

  expect(diffLocks(before, after).map(({ artifact, system, kind }) => [artifact, system, kind])).toEqual([
    ["changed", "x86_64-linux", "changed"],
    ["gone", "x86_64-linux", "removed"],
    ["new", "x86_64-linux", "added"],
    ["systems", "aarch64-darwin", "removed"],
    ["systems", "x86_64-linux", "added"],
  ]);
});

test("a lock does not differ from itself", () => {
  expect(diffLocks(makeLock(), makeLock())).toEqual([]);
});
