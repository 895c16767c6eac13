/** What `lock` says in the end: what changed, from which version and commit to which, and how much bigger it got. */
import { expect, test } from "vitest";
import { newConsumer } from "./consumer.js";

const consumer = newConsumer();

const sha = (digit: string) => digit.repeat(40);

function build(name: string, commit: string, size: number, committedAt: string): number {
  const jobs = [{ name: "build", artifacts: { files: { data: { size, seed: 1 } } } }];
  return (
    consumer.gitlab.addPipeline(`g/${name}`, { ref: "main", sha: commit, committedAt, jobs }).jobs[0]?.id ?? 0
  );
}

const declareAll = (names: readonly string[]) =>
  consumer.declare(names.map((name) => ({ name, project: `g/${name}`, file: "data" })));

async function lock(): Promise<readonly string[]> {
  const { code, stdout } = await consumer.cli("lock");
  expect(code).toBe(0);
  return stdout.split("\n").filter((line) => !line.startsWith("wrote ") && line !== "");
}

test("one line a change, and a sum", async () => {
  const names = ["grown", "kept", "left", "rebuilt", "shrunk"];
  for (const name of names) consumer.gitlab.addProject({ path: `g/${name}` });
  const [, , , first] = names.map((name) => build(name, sha("a"), 4096, "2026-11-01T00:00:00Z"));
  declareAll(names);
  expect((await lock()).at(-1)).toBe("5 variants locked: 5 new; +20 KiB");

  build("grown", sha("b"), 6144, "2026-11-20T00:00:00Z");
  build("shrunk", sha("c"), 1024, "2026-11-20T00:00:00Z");
  const second = build("rebuilt", sha("a"), 4096, "2026-11-01T00:00:00Z");
  consumer.gitlab.addProject({ path: "g/added" });
  build("added", sha("d"), 1024, "2026-11-20T00:00:00Z");
  declareAll(["added", ...names.filter((name) => name !== "left")]);

  const change = "0-unstable-2026-11-01 → 0-unstable-2026-11-20";
  expect((await lock()).map((line) => line.replaceAll(/ {2,}/g, "  "))).toEqual([
    "added  any  new 0-unstable-2026-11-20  dddddddd  1.0 KiB",
    `grown  any  ${change}  aaaaaaaa..bbbbbbbb  6.0 KiB (+2.0 KiB)`,
    "left  any  removed 0-unstable-2026-11-01  aaaaaaaa",
    `rebuilt  any  0-unstable-2026-11-01, job ${first} → ${second}  aaaaaaaa  4.0 KiB`,
    `shrunk  any  ${change}  aaaaaaaa..cccccccc  1.0 KiB (−3.0 KiB)`,
    "5 variants locked: 1 new, 3 changed, 1 removed, 1 unchanged; −4.0 KiB",
  ]);
  expect(await lock()).toEqual(["5 variants locked, nothing changed"]);
});
