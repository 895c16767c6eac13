import { spawnSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type Lockable, createLock } from "../../src/lock/create.js";
import { parseLock } from "../../src/lock/read.js";
import { EMPTY_LOCK, type Lock } from "../../src/lock/schema.js";
import { printLock } from "../../src/lock/write.js";
import { makeBump, SYSTEMS } from "../make/bump.js";
import { makeDeclared } from "../make/lock.js";

const FILE = "artifacts.lock.json";
const NAMES = ["alpha", "beta", "delta", "gamma"];
const DECLARED = NAMES.map((name) => makeDeclared(name, SYSTEMS));
const directory = mkdtempSync(join(tmpdir(), "merge-"));

/** What a new job changes besides its numbers: facts that come and go, and words that look like the file around them. */
const difference: fc.Arbitrary<Partial<Lockable>> = fc.record({
  expiresAt: fc.constantFrom(null, "2027-01-01T00:00:00.000Z"),
  provenance: fc.option(
    fc.record(
      {
        commitTitle: fc.constantFrom("Speak up", "<<<<<<< HEAD", "=======", '}, "beta": {'),
        refProtected: fc.boolean(),
      },
      { requiredKeys: [] },
    ),
    { nil: undefined },
  ),
  statement: fc.option(fc.constantFrom({ builder: "https://gitlab.example.com/-/runners/7" }), {
    nil: undefined,
  }),
});
const bumps = fc.array(difference, { minLength: NAMES.length, maxLength: NAMES.length });
const side = fc.constantFrom("ours", "theirs", "neither");
const sides = fc.array(side, { minLength: NAMES.length, maxLength: NAMES.length });

test("branches that bump different artifacts merge into the lock with both changes", async () => {
  await fc.assert(
    fc.asyncProperty(bumps, bumps, sides, async (first, second, who) => {
      const base = createLock(DECLARED, hashedOf(first, 1), EMPTY_LOCK);
      const newer = hashedOf(second, 100);
      const of = (...wanted: string[]) =>
        newer.filter(({ artifact }) => wanted.includes(who[NAMES.indexOf(artifact)] ?? ""));
      const lockWith = (hashed: readonly Lockable[]) => createLock(DECLARED, hashed, base);

      const merged = await merge(base, lockWith(of("ours")), lockWith(of("theirs")));

      expect(merged).toEqual({ conflicts: 0, text: printLock(lockWith(of("ours", "theirs"))) });
      expect(parseLock(merged.text, FILE)).toEqual(lockWith(of("ours", "theirs")));
    }),
    { numRuns: 60 },
  );
}, 60_000);

test("branches that bump the same artifact conflict, and the reader says what to do", async () => {
  await fc.assert(
    fc.asyncProperty(
      bumps,
      fc.tuple(difference, difference),
      fc.constantFrom(...NAMES),
      async (first, [a, b], name) => {
        const base = createLock(DECLARED, hashedOf(first, 1), EMPTY_LOCK);
        const ours = createLock(DECLARED, makeBump(name, 100, a), base);
        const theirs = createLock(DECLARED, makeBump(name, 101, b), base);

        const merged = await merge(base, ours, theirs);

        expect(merged.conflicts).toBeGreaterThan(0);
        const line = merged.text.split("\n").findIndex((one) => one.startsWith("<<<<<<<")) + 1;
        expect(() => parseLock(merged.text, FILE)).toThrow(
          expect.objectContaining({
            code: "LOCK_CONFLICT",
            at: { file: FILE, line, column: 1 },
            hint: `take either side (git checkout --ours ${FILE}), then run: artifacts lock`,
          }),
        );
      },
    ),
    { numRuns: 30 },
  );
}, 60_000);

function hashedOf(differences: readonly Partial<Lockable>[], job: number): Lockable[] {
  return NAMES.flatMap((name, index) => makeBump(name, job + index, differences[index]));
}

/** What git makes of three versions of the file, with its exit status: the number of conflicts. */
async function merge(base: Lock, ours: Lock, theirs: Lock): Promise<{ conflicts: number; text: string }> {
  const versions = Object.entries({ ours, base, theirs });
  for (const [name, lock] of versions) writeFileSync(join(directory, name), printLock(lock));
  const args = ["merge-file", "-p", ...versions.map(([name]) => name)];
  const { status, stdout } = spawnSync("git", args, { cwd: directory, encoding: "utf8" });
  return { conflicts: status ?? -1, text: stdout };
}
