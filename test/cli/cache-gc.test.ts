import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  watch,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openFileCache } from "../../src/cache/file-cache.js";
import { narInfoKey, printNarInfo } from "../../src/store/narinfo.js";
import { HASH, makeArtifact, makeLock, makeVariant } from "../make/lock.js";
import { brokenPromises } from "../publish/broken-promises.js";
import { type CliOptions, runCli } from "./run-cli.js";

const PATHS = ["now", "main", "tagged", "kept", "old"].map(
  (name, n) => `/nix/store/${`${n}`.repeat(32)}-${name}`,
);
const [NOW = "", MAIN = "", TAGGED = "", KEPT = "", OLD = ""] = PATHS;

let cwd: string;

/** A cache with all paths, written a hundred days ago; a commit on `main` and a tag that lock others than the working tree does. */
beforeEach(async () => {
  cwd = mkdtempSync(join(tmpdir(), "gc-"));
  mkdirSync(join(cwd, "cache", "nar"), { recursive: true });
  for (const path of PATHS) await put(path);
  git("init", "--quiet", "--initial-branch", "main");
  git("commit", "--quiet", "--allow-empty", "--message", "before the first lock");
  git("branch", "ancient");
  commit(TAGGED, "release");
  git("tag", "v1");
  commit(MAIN, "main");
  lock(NOW);
});

/** Puts a path into the cache, as it was written a hundred days ago. */
async function put(path: string, references: readonly string[] = []): Promise<void> {
  const cache = openFileCache(join(cwd, "cache"));
  const then = new Date(Date.now() - 100 * 24 * 3600 * 1000);
  const url = `nar/${path.slice(11, 43)}.nar`;
  const facts = { references, signatures: [], narHash: HASH, narSize: 2048, compression: "none" };
  const text = printNarInfo({ storePath: path, url, ...facts });
  await cache.writeText(narInfoKey(path), { text, type: "" });
  writeFileSync(join(cwd, "cache", url), Buffer.alloc(2048));
  for (const key of [narInfoKey(path), url]) utimesSync(join(cwd, "cache", key), then, then);
}

function git(...args: string[]): string {
  const user = ["-c", "user.name=t", "-c", "user.email=t@example.com"];
  return execFileSync("git", [...user, ...args], { cwd, encoding: "utf8" }).trim();
}

function lock(storePath: string): void {
  const systems = { any: makeVariant({ storePath }) };
  writeFileSync(
    join(cwd, "artifacts.lock.json"),
    JSON.stringify(makeLock({ acme: makeArtifact({ systems }) })),
  );
}

function commit(storePath: string, message: string): void {
  lock(storePath);
  git("add", "artifacts.lock.json");
  git("commit", "--quiet", "--message", message);
}

function gc(...args: string[]) {
  return runGc(args);
}

function runGc(args: readonly string[], options: Pick<CliOptions, "onStart"> = {}) {
  return runCli(["cache", "gc", "--store", "./cache", ...args], { cwd, ...options });
}

function there(): string[] {
  return PATHS.filter((path) => existsSync(join(cwd, "cache", narInfoKey(path)))).map((path) =>
    path.slice(44),
  );
}

test("says what would go, and how much that is, and changes nothing", async () => {
  const { code, stdout, stderr } = await gc("--ref", "main", "--ref", "v1", "--keep", KEPT);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toMatch(
    /^ *2\.\d KiB {2}\/nix\/store\/4{32}-old\nfile:\/\/.*\/cache: nothing needs 2 files, 2\.\d KiB; 4 paths stay, .*\nnothing was changed; --delete removes them\n$/,
  );
  expect(there()).toHaveLength(5);
});

test("removes that with --delete, and finds nothing the next time", async () => {
  symlinkSync(join(KEPT, "bin", "tool"), join(cwd, "result"));
  const first = await gc("--ref", "v1", "--keep", KEPT, "--delete", "--json");
  expect(first).toMatchObject({ code: 0, stderr: "" });
  const removed = JSON.parse(first.stdout) as { removed: { path?: string }[] }; // its documented form
  expect(new Set(removed.removed.flatMap(({ path }) => path ?? []))).toEqual(new Set([MAIN, OLD]));
  expect(there()).toEqual(["now", "tagged", "kept"]);
  const again = await gc("--ref", "v1", "--keep", KEPT, "--delete");
  expect(again.stdout).toMatch(/: removed 0 files, 0 B; 3 paths stay/);
});

test("a pattern is for branches and tags, and passes over those without a lock", async () => {
  await gc("--ref", "**", "--delete");
  expect(there()).toEqual(["now", "main", "tagged"]);
});

describe("killed while it removes", () => {
  /** Chains of three, in which each refers to the next. */
  const CHAINS = Array.from({ length: 20 }, (_, chain) =>
    ["c", "d", "f"].map((letter) => {
      const hash = `${letter}${"0".repeat(29)}${String(chain).padStart(2, "0")}`;
      return `/nix/store/${hash}-${letter}-${chain}`;
    }),
  );

  test("after any number of removals: all that is promised is whole, and the next run goes on", async () => {
    for (const chain of CHAINS)
      for (const [index, path] of chain.entries())
        await put(
          path,
          chain.slice(index + 1, index + 2).map((next) => basename(next)),
        );
    let kills = 0;
    for (const changes of [1, 7, 20, 45, 70, 3, 90]) {
      const waits = new AbortController();
      const { signal } = await runGc(["--ref", "v1", "--delete"], {
        onStart: (child) => {
          let seen = 0;
          for (const folder of ["cache", "cache/nar"])
            watch(join(cwd, folder), { signal: waits.signal }, () => {
              if (++seen === changes) child.kill("SIGKILL");
            });
        },
      });
      waits.abort();
      kills += signal === "SIGKILL" ? 1 : 0;
      expect(brokenPromises(join(cwd, "cache"))).toEqual([]);
      expect(there()).toEqual(expect.arrayContaining(["now", "tagged"]));
    }
    expect(kills).toBeGreaterThan(2);
    expect(await gc("--ref", "v1", "--delete")).toMatchObject({ code: 0, stderr: "" });
    expect(there()).toEqual(["now", "tagged"]);
    expect(readdirSync(join(cwd, "cache", "nar"))).toHaveLength(2);
  });
});

describe("refuses, and removes nothing", () => {
  afterEach(() => expect(there()).toHaveLength(5));

  test.each([
    ["a ref that is not there", ["--ref", "nowhere"], 2, 'git knows no ref "nowhere"'],
    ["a pattern that matches nothing", ["--ref", "none/*"], 2, 'git knows no ref "none/*"'],
    ["an option in the place of a ref", ["--ref", "--output=x"], 2, "git knows no ref"],
    ["a ref without a lock", ["--ref", "ancient"], 1, 'there is no artifacts.lock.json in "ancient"'],
    ["a lockfile that is not there", ["--lock", "none.json"], 2, "there is no lockfile"],
    ["a path that is none", ["--keep", "/tmp"], 2, "/tmp is no store path"],
    [
      "a grace that writers would not survive",
      ["--grace", "0.5"],
      2,
      "--grace 0.5: expected a number of days, 1 or more",
    ],
    ["a cache behind HTTP", ["--store", "http://127.0.0.1:1/"], 2, "cannot say what it holds"],
  ])("%s", async (_, args, code, message) => {
    const refused = await gc(...args, "--delete");
    expect(refused).toMatchObject({ code, stderr: expect.stringContaining(message) as string });
  });

  test.each(["v1:artifacts.lock.json", "v1^{tree}"])(
    "a lock that git cannot read, since %s is gone",
    async (name) => {
      const id = git("rev-parse", name);
      rmSync(join(cwd, ".git", "objects", id.slice(0, 2), id.slice(2)));
      const { code, stderr } = await gc("--ref", "**", "--delete");
      expect(code).toBe(1);
      expect(stderr).toContain("git cannot read artifacts.lock.json at commit");
    },
  );

  test("a cache of which a part cannot be read", async () => {
    const [nar, aside] = ["nar", "aside"].map((name) => join(cwd, "cache", name));
    renameSync(nar ?? "", aside ?? "");
    symlinkSync("nar", nar ?? "");
    const { code, stderr } = await gc("--delete");
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringContaining("cannot read the cache file://") as string,
    });
  });

  test("locks of which the cache has nothing", async () => {
    lock("/nix/store/99999999999999999999999999999999-elsewhere");
    const { code, stderr } = await gc("--delete");
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringContaining("everything would be garbage") as string,
    });
  });
});
