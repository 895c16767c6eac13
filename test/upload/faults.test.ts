/** The uploader's command on a machine where something is wrong: exit code, what it says, and that nothing is lost. */
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { openFileCache } from "../../src/cache/file-cache.js";
import { verifyCache } from "../../src/publish/verify-cache.js";
import { narInfoKey } from "../../src/store/narinfo.js";
import { CLI } from "../cli/run-cli.js";
import { startNixHost, type NixHost, type RunOptions } from "../nix/host.js";
import { built } from "../nix/workspace.js";
import { sampleBytes } from "../store/samples.js";

let host: NixHost;
let directory: string;
let spool: string;
let cache: string;
/** A build, and the name that the hook gives to its entry. */
let path: string;
let entry: string;

beforeAll(async () => {
  host = await startNixHost();
  const recipe = `derivation {
    name = "one"; system = builtins.currentSystem; builder = "/bin/sh"; args = [ "-c" "echo one > $out" ];
  }`;
  path = await built(host, recipe);
  entry = `${basename(await host.output("nix-store", ["--query", "--deriver", path]))}.77`;
});
afterAll(() => host.stop());
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "uploader-faults-"));
  await chmod(directory, 0o755);
  [spool, cache] = [join(directory, "spool"), join(directory, "cache")];
  await mkdir(spool);
  return () => rm(directory, { recursive: true });
});

function artifacts(args: readonly string[], env: RunOptions["env"] = {}) {
  return host.run(process.execPath, [CLI, ...args, "--spool", spool], { user: "root", env });
}

function uploadOnce(env: RunOptions["env"] = {}) {
  return artifacts(["uploader", "--once", "--to", cache], env);
}

async function entries(): Promise<string[]> {
  return (await readdir(spool)).filter((name) => !name.startsWith("."));
}

async function expectSent(): Promise<void> {
  expect(await entries()).toEqual([]);
  expect(await readdir(cache)).toContain(narInfoKey(path));
  const verified = await verifyCache({ cache: openFileCache(cache), locked: [] });
  expect(verified).toMatchObject({ orphans: [], problems: [] });
}

test("while the daemon is down, entries stay, with the reason; the next run sends them", async () => {
  await writeFile(join(spool, entry), `${path}\n`);
  const down = await uploadOnce({ NIX_REMOTE: "unix:///nonexistent/socket" });
  expect(down).toMatchObject({
    code: 1,
    stdout: `file://${cache}: 0 paths uploaded, 0 dropped, 1 entries left\n`,
    stderr: expect.stringMatching(/error: .*nix.* failed.*cannot connect to .*\/nonexistent\/socket/s),
  });
  expect(await entries()).toEqual([entry]);
  const status = await artifacts(["queue", "status"]);
  expect(status.stdout).toContain(`${entry}: `);
  expect(await uploadOnce()).toMatchObject({ code: 0 });
  await expectSent();
});

test("in a cache without room nothing half stays; the entry does, with the reason, and goes when there is room", async () => {
  const big = await host.output("nix-store", ["--add", await largeFile()]);
  await writeFile(join(spool, "added.1"), `${big}\n`);
  await mkdir(cache);
  await host.output("mount", ["-t", "tmpfs", "-o", "size=256k", "none", cache], { user: "root" });
  const full = await uploadOnce();
  expect(full).toMatchObject({
    code: 1,
    stdout: expect.stringContaining("0 paths uploaded, 0 dropped, 1 entries left"),
    stderr: expect.stringMatching(/ENOSPC[^]*fix: .*space/),
  });
  expect(await entries()).toEqual(["added.1"]);
  expect((await host.output("find", [cache, "-type", "f"], { user: "root" })).split("\n")).toEqual([
    `${cache}/nix-cache-info`,
  ]);
  await host.output("mount", ["-o", "remount,size=16m", cache], { user: "root" });
  expect(await uploadOnce()).toMatchObject({
    code: 0,
    stdout: expect.stringContaining(": 1 paths uploaded"),
  });
  expect(await entries()).toEqual([]);
  await host.output("umount", [cache], { user: "root" });
});

async function largeFile(): Promise<string> {
  const file = join(directory, "large");
  await writeFile(file, sampleBytes(2_000_000, "large"));
  return file;
}

test.each([
  ["nothing", ""],
  ["half a path", "/nix/store/0123456789abcdf"],
  ["a path without the end of its line", "PATH"],
])("an entry in which %s was written is sent whole", async (_, text) => {
  await writeFile(join(spool, entry), text.replace("PATH", path));
  expect(await uploadOnce()).toMatchObject({ code: 0 });
  await expectSent();
});

test("half an entry without the name of a derivation is dropped with a note, and holds nothing back", async () => {
  await writeFile(join(spool, "built.78"), path.slice(0, 30));
  await writeFile(join(spool, entry), `${path}\n`);
  expect(await uploadOnce()).toMatchObject({
    code: 0,
    stderr: expect.stringMatching(/event=dropped path=built\.78 reason="the entry names no store path"/),
  });
  await expectSent();
});

test.each([
  ["the future", new Date("2099-01-01")],
  ["the past", new Date("1970-01-02")],
])("entries and archives that the clock puts into %s are no others", async (_, time) => {
  await writeFile(join(spool, entry), `${path}\n`);
  await utimes(join(spool, entry), time, time);
  const { stdout } = await artifacts(["queue", "status", "--json"]);
  expect((JSON.parse(stdout) as { oldestSeconds: number }).oldestSeconds).toBeGreaterThanOrEqual(0);
  expect(await uploadOnce()).toMatchObject({ code: 0 });
  await expectSent();

  const files = (await readdir(cache, { recursive: true })).map((name) => join(cache, name));
  for (const file of files) await utimes(file, time, time);
  const narInfo = await readFile(join(cache, narInfoKey(path)), "utf8");
  await writeFile(join(spool, entry), `${path}\n`);
  expect(await uploadOnce()).toMatchObject({
    code: 0,
    stdout: expect.stringContaining(": 0 paths uploaded"),
  });
  await expectSent();
  expect(await readFile(join(cache, narInfoKey(path)), "utf8")).toBe(narInfo);
});
