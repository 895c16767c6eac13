import fc from "fast-check";
import { expect, test } from "vitest";
import { type Lockable, createLock } from "../../src/lock/create.js";
import { parseLock } from "../../src/lock/read.js";
import { EMPTY_LOCK, type Lock } from "../../src/lock/schema.js";
import { printLock } from "../../src/lock/write.js";
import type { Declared } from "../../src/manifest/declared.js";
import { makeBump, SYSTEMS } from "../make/bump.js";
import { makeDeclared } from "../make/lock.js";

const RUNS = 10_000;
/** How many runs go by before the lock is written and read again, which costs more than all else. */
const IN_MEMORY = 40;
const ALL = Array.from({ length: 30 }, (_, index) => makeDeclared(`p${index}`, SYSTEMS));

const event = fc.record({
  artifact: fc.nat(ALL.length - 1),
  what: fc.oneof(
    { weight: 12, arbitrary: fc.constant("new commit" as const) },
    { weight: 2, arbitrary: fc.constant("same commit again" as const) },
    { weight: 2, arbitrary: fc.constant("one system fails" as const) },
    { weight: 1, arbitrary: fc.constant("declared or dropped" as const) },
  ),
});

test("after 10,000 runs the lock is, byte for byte, the one that is made from scratch", async () => {
  const [events = []] = fc.sample(fc.array(event, { minLength: RUNS, maxLength: RUNS, size: "max" }), {
    numRuns: 1,
    seed: 20_261,
  });
  const declared = new Set(ALL);
  /** By artifact, what was locked since it is declared. */
  const succeeded = new Map<Declared, Lockable[][]>();
  let lock = EMPTY_LOCK;
  for (const [job, { artifact, what }] of events.entries()) {
    const one = ALL[artifact];
    if (one === undefined) throw new Error("there is no such artifact");
    if (what === "declared or dropped") {
      if (declared.delete(one)) succeeded.delete(one);
      else declared.add(one);
    }
    const before = succeeded.get(one) ?? [];
    const sameCommit = what === "same commit again" ? before.at(-1)?.[0]?.commit : undefined;
    const bump = makeBump(one.name, job + 1, sameCommit === undefined ? {} : { commit: sameCommit });
    const hashed = what === "one system fails" ? bump.slice(1) : bump;
    lock = createLock(inOrder(declared), declared.has(one) ? hashed : [], lock);
    if (declared.has(one) && hashed === bump) succeeded.set(one, [...before, bump].slice(-50));
    if (job % IN_MEMORY === 0) lock = parseLock(printLock(lock), "artifacts.lock.json");
  }

  expect(declared.size).toBeGreaterThan(5);
  expect(printLock(lock)).toBe(printLock(fromScratch(declared, succeeded)));
}, 120_000);

function inOrder(declared: ReadonlySet<Declared>): Declared[] {
  return ALL.filter((one) => declared.has(one));
}

/** History is only in `previousCommit`: the commit before that of the last job. */
function fromScratch(declared: ReadonlySet<Declared>, succeeded: ReadonlyMap<Declared, Lockable[][]>): Lock {
  const newest = [...succeeded.values()].flatMap((bumps) => bumps.at(-1) ?? []);
  const older = [...succeeded.values()].flatMap((bumps) => {
    const commit = bumps.at(-1)?.[0]?.commit;
    return bumps.findLast(([first]) => first?.commit !== commit) ?? [];
  });
  const artifacts = inOrder(declared);
  return createLock(artifacts, newest, createLock(artifacts, older, EMPTY_LOCK));
}
