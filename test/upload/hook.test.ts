import { execFileSync, spawnSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { HOOK_SCRIPT } from "../../src/upload/hook.js";
import { listEntries, readEntry } from "../../src/upload/spool.js";
import { CLI } from "../cli/run-cli.js";
import { runProcess } from "../nix/process.js";

const BASE = "kybdgmd68i1kwlrshsij2qy5k97sf8hg-tool";
const BUILT = {
  DRV_PATH: `/nix/store/${BASE}.drv`,
  OUT_PATHS: `/nix/store/${BASE} /nix/store/${BASE}-doc`,
};

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "hook-"));
});
afterAll(() => rmSync(directory, { recursive: true }));

/** A spool of its own for each test. */
function makeSpool(): string {
  return mkdtempSync(join(directory, "spool-"));
}

const WAYS = [
  { way: "the script", command: HOOK_SCRIPT, args: (spool: string) => [spool] },
  { way: "the command", command: process.execPath, args: (spool: string) => [CLI, "hook", "--spool", spool] },
];

describe.each(WAYS)("$way", ({ command, args }) => {
  const hook = (spool: string, env: Record<string, string> = BUILT) =>
    runProcess(command, args(spool), { env: { PATH: "/nonexistent", ...env } });

  test("queues what was built", async () => {
    const spool = makeSpool();
    expect(await hook(spool)).toEqual({ code: 0, stdout: "", stderr: "" });
    const [name = ""] = await listEntries(spool);
    expect(await readEntry(spool, name)).toEqual({
      name,
      derivation: BUILT.DRV_PATH,
      paths: BUILT.OUT_PATHS.split(" "),
    });
  });

  test("queues the derivation when Nix does not say what it built", async () => {
    const spool = makeSpool();
    await hook(spool, { DRV_PATH: BUILT.DRV_PATH });
    const [name = ""] = await listEntries(spool);
    expect(await readEntry(spool, name)).toEqual({ name, derivation: BUILT.DRV_PATH, paths: [] });
  });

  test.each([
    ["missing", "/nonexistent/spool"],
    ["a file", HOOK_SCRIPT],
  ])("ends well when the spool is %s, and says what was not queued", async (_what, spool) => {
    const { code, stderr } = await hook(spool);
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: `artifacts: cannot write to ${spool}; not queued for upload: ${BUILT.OUT_PATHS}\n`,
    });
  });
});

test("the command takes its spool in one word, too", async () => {
  const spool = makeSpool();
  await runProcess(process.execPath, [CLI, "hook", `--spool=${spool}`], { env: BUILT });
  expect(await listEntries(spool)).toHaveLength(1);
});

test("words that are no options fail no build", async () => {
  const args = [CLI, "hook", "--bogus", "--spool"];
  expect(
    await runProcess(process.execPath, args, { env: { ...BUILT, ARTIFACTS_SPOOL: "/nonexistent" } }),
  ).toMatchObject({
    code: 0,
    stderr: expect.stringContaining("cannot write to /nonexistent"),
  });
});

test("on a full disk the name of the entry is enough", async () => {
  const spool = makeSpool();
  // One page, which another file has taken.
  const inside = `mount -t tmpfs -o size=4k none ${spool} && head -c 4096 /dev/zero > ${spool}/.full
    ${HOOK_SCRIPT} ${spool} || exit 1
    cp -r ${spool} ${directory}/full`;
  execFileSync("unshare", ["--mount", "--propagation", "private", "sh", "-c", inside], {
    env: { ...BUILT, PATH: process.env["PATH"] },
  });
  const names = await listEntries(join(directory, "full"));
  expect(await readEntry(join(directory, "full"), names[0] ?? "")).toMatchObject({
    derivation: BUILT.DRV_PATH,
    paths: [],
  });
});

test.each([
  ["read-only", "ro"],
  ["so full that no name fits", "nr_inodes=1"],
])("a spool that is %s fails no build, and it says what was not queued", (_, options) => {
  const spool = makeSpool();
  const inside = `mount -t tmpfs -o ${options} none ${spool} && exec ${HOOK_SCRIPT} ${spool}`;
  const args = ["--mount", "--propagation", "private", "sh", "-c", inside];
  const env = { ...BUILT, PATH: process.env["PATH"] };
  const { status, stderr } = spawnSync("unshare", args, { env, encoding: "utf8" });
  expect({ status, stderr }).toEqual({
    status: 0,
    stderr: `artifacts: cannot write to ${spool}; not queued for upload: ${BUILT.OUT_PATHS}\n`,
  });
});

test("nothing is written through a link that somebody put into the spool, nor into a file that is there", async () => {
  const [spool, target] = [makeSpool(), join(directory, "target")];
  writeFileSync(target, "precious");
  // The script's own process id is part of the name, so the trap is set by the process that becomes the script.
  const trap = `ln -s ${target} ${spool}/${BASE}.drv.$$; echo old > ${spool}/${BASE}.drv.$$.1; exec ${HOOK_SCRIPT} ${spool}`;
  const { code } = await runProcess("sh", ["-c", trap], { env: { ...BUILT, PATH: "/bin:/usr/bin" } });
  expect(code).toBe(0);
  expect(readFileSync(target, "utf8")).toBe("precious");
  const texts = (await listEntries(spool)).map((name) => readFileSync(join(spool, name), "utf8"));
  expect(texts.sort()).toEqual([`${BUILT.OUT_PATHS}\n`, "old\n"]);
});

describe("an entry", () => {
  test.each([
    ["was cut short", BUILT.OUT_PATHS],
    ["was cut short within a path", "/nix/store/kybdgmd68i1kwlrshsij2qy5k97sf8hg-to"],
    ["holds anything else", "../../etc/passwd /etc/passwd /nix/store/x\n\0\n"],
  ])("that %s means its derivation", async (_what, text) => {
    const spool = makeSpool();
    writeFileSync(join(spool, `${BASE}.drv.77`), text);
    expect(await readEntry(spool, `${BASE}.drv.77`)).toMatchObject({ derivation: BUILT.DRV_PATH, paths: [] });
  });

  test("is a file; directories, links and files of others that begin with a dot are none", async () => {
    const spool = makeSpool();
    mkdirSync(join(spool, "folder"));
    symlinkSync("/etc/passwd", join(spool, "link"));
    writeFileSync(join(spool, ".hidden"), "");
    expect(await listEntries(spool)).toEqual([]);
    expect(readdirSync(spool)).toHaveLength(3);
  });
});

test("asked by hand, hook prints the line for nix.conf", async () => {
  const { stdout } = await runProcess(process.execPath, [CLI, "hook"], { env: {} });
  expect(stdout).toBe(`post-build-hook = ${HOOK_SCRIPT}\n`);
});
