import { expect, test } from "vitest";
import { createLock } from "../../src/lock/create.js";
import { makeArtifact, makeDeclared, makeHashed, makeLock, makeVariant, OTHER_HASH } from "../make/lock.js";

test("an artifact of which one system failed keeps its whole old entry", () => {
  const previous = makeLock({
    acme: makeArtifact({
      systems: { "x86_64-linux": makeVariant(), "aarch64-linux": makeVariant({ job: 77002 }) },
    }),
  });
  const succeeded = makeHashed("acme", "x86_64-linux", {
    job: 80000,
    url: "https://gitlab.example.com/8",
    version: "2",
  });

  const lock = createLock([makeDeclared("acme", ["x86_64-linux", "aarch64-linux"])], [succeeded], previous);

  expect(lock).toEqual(previous);
});

test("a failed artifact does not keep the others from being locked", () => {
  const lock = createLock(
    [makeDeclared("acme"), makeDeclared("broken")],
    [makeHashed("acme", "x86_64-linux")],
    makeLock({ broken: makeArtifact() }),
  );

  expect(Object.keys(lock.artifacts)).toEqual(["acme", "broken"]);
});

test("what is no longer declared is dropped", () => {
  const lock = createLock(
    [makeDeclared("acme")],
    [makeHashed("acme", "x86_64-linux")],
    makeLock({ gone: makeArtifact() }),
  );

  expect(Object.keys(lock.artifacts)).toEqual(["acme"]);
});

test("other bytes under a locked job stop everything and name the job", () => {
  const changed = makeHashed("acme", "x86_64-linux", { hash: OTHER_HASH });

  expect(() => createLock([makeDeclared("acme")], [changed], makeLock())).toThrow(
    expect.objectContaining({
      code: "SAME_JOB_OTHER_BYTES",
      message: expect.stringMatching(/job 77001 of platform\/acme .*nothing was written/),
    }),
  );
});

test("other bytes are noticed under another name, too", () => {
  const changed = makeHashed("renamed", "x86_64-linux", { hash: OTHER_HASH });

  expect(() => createLock([makeDeclared("renamed")], [changed], makeLock())).toThrow(/serves other bytes/);
});
