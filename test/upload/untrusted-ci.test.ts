/**
 * A build machine as docs/uploading.md sets it up: a real daemon with the hook and the sandbox, CI jobs of an ordinary user, an uploader of
 * another user who alone has the key.
 */
import { execFileSync } from "node:child_process";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { narInfoKey } from "../../src/store/narinfo.js";
import { HOOK_SCRIPT } from "../../src/upload/hook.js";
import { CLI } from "../cli/run-cli.js";
import { startNixHost, type NixHost, type RunOptions } from "../nix/host.js";
import { build, built } from "../nix/workspace.js";

/** An account that every Linux has and nobody uses. */
const UPLOADER = "daemon";

let directory: string;
let spool: string;
let cache: string;
let key: string;
let publicKey: string;
let host: NixHost;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "build-machine-"));
  await chmod(directory, 0o755);
  [spool, cache, key] = [join(directory, "spool"), join(directory, "cache"), join(directory, "key")];
  execFileSync("nix-store", ["--generate-binary-cache-key", "builds-1", key, `${key}.pub`]);
  publicKey = await readFile(`${key}.pub`, "utf8");
  for (const folder of [spool, cache]) await mkdir(folder, { mode: 0o755 });
  execFileSync("chown", [UPLOADER, spool, cache, key]);
  await chmod(key, 0o400);
  const hook = join(directory, "hook");
  await writeFile(hook, `#!/bin/sh\nexec ${HOOK_SCRIPT} ${spool}\n`, { mode: 0o755 });
  host = await startNixHost({ conf: { "post-build-hook": hook } });
});
afterAll(async () => {
  await host.stop();
  await rm(directory, { recursive: true });
});
beforeEach(async () => {
  for (const name of await readdir(spool)) await rm(join(spool, name));
});

let made = 0;

/** A derivation that writes what a shell script prints; other bytes each time. */
function shell(name: string, script: string, before = '""'): string {
  made += 1;
  return `derivation {
    name = ${JSON.stringify(name)}; system = builtins.currentSystem; builder = "/bin/sh"; number = ${made}; before = ${before};
    args = [ "-c" ''{ ${script}; echo $number $before; } > $out || exit 1; exit 0'' ];
  }`;
}

function artifacts(args: readonly string[], options: RunOptions = {}) {
  return host.run(process.execPath, [CLI, ...args, "--spool", spool], options);
}

/** As the uploader's user. */
function upload(...args: string[]) {
  const become = ["--reuid", UPLOADER, "--regid", UPLOADER, "--clear-groups", process.execPath, CLI];
  const options = ["--to", cache, "--signing-key", key, "--spool", spool];
  return host.run("setpriv", [...become, ...args, ...options], { user: "root", env: { HOME: cache } });
}

async function entries(): Promise<string[]> {
  return (await readdir(spool)).filter((name) => !name.startsWith("."));
}

function narInfoOf(path: string, folder = cache): Promise<string> {
  return readFile(join(folder, narInfoKey(path)), "utf8");
}

test("all intermediate builds are uploaded, signed, also when the last one fails", async () => {
  const one = shell("one", "echo first");
  const two = shell("two", "echo second", one);
  const failing = await build(host, shell("three", "exit 1", two));
  expect(failing.code).not.toBe(0);
  expect((await entries()).map((name) => name.replace(/^.{33}|\.\d+$/g, "")).sort()).toEqual([
    "one.drv",
    "two.drv",
  ]);
  const done = await upload("uploader", "--once");
  expect(done).toMatchObject({
    code: 0,
    stdout: `file://${cache}: 2 paths uploaded, 0 dropped, 0 entries left\n`,
  });
  expect(await entries()).toEqual([]);

  const path = await host.output("nix-store", [
    "--query",
    "--outputs",
    await host.output("nix-instantiate", ["-E", two]),
  ]);
  const conf = { substituters: `file://${cache}`, "trusted-public-keys": publicKey, "require-sigs": "true" };
  const consumer = await startNixHost({ conf });
  try {
    await consumer.output("nix-store", ["--realise", path]);
    expect(await consumer.output("cat", [path])).toMatch(/^second\n\d+ \/nix\/store\/\w+-one$/);
  } finally {
    await consumer.stop();
  }
});

test("what is written is what nix copy writes, but for the compression", async () => {
  const path = await built(host, shell("same", "echo same", shell("below", "echo below")));
  await upload("uploader", "--once");
  const other = join(host.home, "copied");
  const to = `file://${other}?compression=none&secret-key=${key}`;
  await host.output("nix", ["copy", "--to", to, path], { user: "root" });

  const lines = (text: string) =>
    text.split("\n").filter((line) => !/^(URL|Compression|File\w+):/.test(line));
  for (const info of (await readdir(other)).filter((name) => name.endsWith(".narinfo"))) {
    const ours = await readFile(join(cache, info), "utf8");
    expect(lines(ours)).toEqual(lines(await readFile(join(other, info), "utf8")));
  }
  expect(await narInfoOf(path)).toMatch(/^Sig: builds-1:/m);
});

test("what a path lost since it was built is noticed, is never sent, and holds nothing else back", async () => {
  const damaged = await built(host, shell("damaged", "echo right"));
  const sound = await built(host, shell("sound", "echo right"));
  const file = join(host.store, damaged.slice("/nix/store/".length));
  await chmod(file, 0o644);
  await writeFile(file, "wrong\n");

  const { code, stderr, stdout } = await upload("uploader", "--once");
  expect({ code, stdout }).toEqual({ code: 1, stdout: expect.stringContaining("1 paths uploaded") });
  expect(stderr).toContain(`${damaged} is not what was built`);
  expect(await narInfoOf(sound)).toContain("Sig: builds-1:");
  await expect(narInfoOf(damaged)).rejects.toThrow("ENOENT");
  expect(await entries()).toHaveLength(1);
  const status = await artifacts(["queue", "status"]);
  expect(status.stdout).toContain(`${damaged} is not what was built`);
  await host.output("nix-store", ["--delete", damaged], { user: "root" });
});

test("what was collected meanwhile is dropped with a note", async () => {
  const path = await built(host, shell("collected", "echo gone"));
  await host.output("nix-store", ["--delete", path], { user: "root" });
  const { code, stderr } = await upload("queue", "drain");
  expect(code).toBe(0);
  expect(stderr).toContain(`event=dropped path=${path} reason="collected as garbage before it was uploaded"`);
  expect(await entries()).toEqual([]);
});

test("paths that no hook saw can be queued by those who may", async () => {
  const path = await host.output("nix-store", ["--add", fileURLToPath(import.meta.url)]);
  expect(await artifacts(["queue", "add", path], { user: "root" })).toMatchObject({ code: 0 });
  expect((await artifacts(["queue", "status", "--json"])).stdout).toContain('"waiting": 1');
  const waiting = artifacts(["queue", "wait", "--timeout", "60"]);
  expect(await upload("uploader", "--once")).toMatchObject({ code: 0 });
  expect(await waiting).toMatchObject({ code: 0, stdout: `${spool}: 1 of 1 entries are done\n` });
  expect(await narInfoOf(path)).toMatch(/^CA: fixed:r:sha256:/m);
});

test("a key that every user could read is refused", async () => {
  await chmod(key, 0o444);
  const { code, stderr } = await upload("uploader", "--once");
  await chmod(key, 0o400);
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(`chmod 400 ${key}`) });
});

test("a CI user can neither read the key, nor write to queue or cache, nor choose the hook", async () => {
  const path = await built(host, shell("honest", "echo honest"));
  await upload("uploader", "--once");
  const before = [await readdir(cache), await narInfoOf(path)];
  const attempt = async (command: string) => {
    const { code, stderr } = await host.run("sh", ["-c", command]);
    expect(`${command}: ${code}`).not.toBe(`${command}: 0`);
    expect(stderr).toMatch(/Permission denied|permission denied|Operation not permitted/);
  };
  await attempt(`cat ${key}`);
  await attempt(`: > ${spool}/added.1`);
  await attempt(`echo StorePath > ${cache}/${narInfoKey(path)}`);
  await attempt(`touch ${cache}/nar/evil`);
  await attempt(`rm ${spool}/.uploader.json`);
  const added = await artifacts(["queue", "add", path]);
  expect(added).toMatchObject({ code: 1, stderr: expect.stringMatching(/permission denied/) });

  const variables = `DRV_PATH=/nix/store/${"a".repeat(32)}-evil.drv OUT_PATHS=${path}`;
  const hook = await host.run("sh", ["-c", `${variables} ${HOOK_SCRIPT} ${spool}`]);
  expect(hook).toMatchObject({ code: 0, stderr: expect.stringContaining(`cannot write to ${spool}`) });

  const marker = join(host.home, "own-hook-ran");
  const own = join(host.home, "own-hook");
  await writeFile(own, `#!/bin/sh\ntouch ${marker}\n`, { mode: 0o755 });
  const more = shell("more", "echo more");
  await host.output("nix-build", ["--no-out-link", "--option", "post-build-hook", own, "-E", more]);
  expect(await readdir(host.home)).not.toContain("own-hook-ran");
  expect(await entries()).toHaveLength(1); // of the daemon's own hook
  expect([await readdir(cache), await narInfoOf(path)]).toEqual(before);
});

test("a CI user cannot bring in a path of their making, which would then be signed", async () => {
  const honest = shell("wanted", "echo honest");
  const drv = await host.output("nix-instantiate", ["-E", honest]);
  const path = await host.output("nix-store", ["--query", "--outputs", drv]);
  const forged = join(host.home, "forged");
  const forge = [`nix copy --to 'file://${forged}?compression=none' $(nix-store --add ${forged}.txt)`];
  await writeFile(`${forged}.txt`, "evil\n");
  await host.output("sh", ["-c", forge.join(" && ")]);
  const name = (await readdir(forged)).find((file) => file.endsWith(".narinfo")) ?? "";
  const info = (await readFile(join(forged, name), "utf8"))
    .replace(/^StorePath: .*$/m, `StorePath: ${path}`)
    .replace(/^CA: .*\n/m, "");
  await host.output("sh", ["-c", `cat > ${join(forged, narInfoKey(path))}`], { stdin: info });

  const copied = await host.run("nix", ["copy", "--no-check-sigs", "--from", `file://${forged}`, path]);
  expect(copied.code).not.toBe(0);
  expect(copied.stderr).toContain("lacks a");
  expect((await host.run("test", ["-e", path])).code).not.toBe(0);
  expect(await built(host, honest)).toBe(path);
  await upload("uploader", "--once");
  expect(await narInfoOf(path)).toMatch(/^Deriver: .*-wanted\.drv$/m);
});
