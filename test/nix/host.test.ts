import { existsSync, readlinkSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { startNixHost, type NixHost } from "./host.js";
import { build, built } from "./workspace.js";

let host: NixHost;
beforeAll(async () => {
  host = await startNixHost({ conf: { "log-lines": "17" } });
});
afterAll(() => host.stop());

/** A derivation that writes what a shell script prints. */
function shell(script: string): string {
  return `derivation {
    name = "probe";
    system = builtins.currentSystem;
    builder = "/bin/sh";
    args = [ "-c" ''PATH=/usr/bin; { ${script}; } > $out; exit 0'' ];
  }`;
}

/** What the build of a script prints. */
async function probe(script: string): Promise<string> {
  return host.output("cat", [await built(host, shell(script))]);
}

test("programs run as an ordinary user with a clean environment", async () => {
  expect(await host.output("id", ["--user", "--name"])).toBe("nix-untrusted");
  expect(await host.output("sh", ["-c", "echo $NIX_REMOTE $HOME $VITEST"])).toBe(`daemon ${host.home}`);
  expect(await host.output("id", ["--user"], { user: "root" })).toBe("0");
});

test("the daemon is the Nix under test, and so is what users run", async () => {
  const { NIX_UNDER_TEST: folder = dirname(await host.output("sh", ["-c", "command -v nix"])) } = process.env;
  const nix = realpathSync(join(folder, "nix"));
  expect(readlinkSync(`/proc/${host.pid}/exe`)).toBe(nix);
  expect(await host.output("sh", ["-c", 'realpath "$(command -v nix)"'])).toBe(nix);
});

test("builds are in the sandbox and do not see the machine", async () => {
  expect(await probe("ls /")).not.toMatch(/^(home|root|var)$/m);
});

test("the daemon does not trust the user", async () => {
  const result = await host.run("nix-build", [
    "--no-out-link",
    "--option",
    "sandbox",
    "false",
    "-E",
    shell("ls /"),
  ]);
  expect(result.code).toBe(0);
  expect(await host.output("cat", [result.stdout.trim()])).not.toMatch(/^home$/m);
});

test("the store is the host's own, seen at the same time from outside", async () => {
  const path = await built(host, shell("echo here"));
  expect(existsSync(join(host.store, path.slice("/nix/store/".length)))).toBe(true);
  expect(existsSync(path)).toBe(false);
});

test("settings are those asked for", async () => {
  const { stdout } = await host.run("nix", ["show-config"]);
  expect(stdout).toContain("log-lines = 17\n");
  expect(stdout).toMatch(/^substituters = *$/m);
});

test("a failing program is a result; `output` makes it an error with what it said", async () => {
  expect(await build(host, 'throw "no such luck"')).toMatchObject({ code: 1 });
  await expect(host.output("nix-build", ["-E", 'throw "no such luck"'])).rejects.toThrow("no such luck");
});

test("two hosts share nothing", async () => {
  const other = await startNixHost();
  try {
    const path = await built(host, shell("echo only in the first"));
    expect((await other.run("test", ["-e", path])).code).toBe(1);
    expect((await host.run("test", ["-e", path])).code).toBe(0);
  } finally {
    await other.stop();
  }
});

test("builds of two hosts at the same time run as different users, so that no daemon kills the other's", async () => {
  const other = await startNixHost();
  try {
    const whoAmI = "cat /proc/self/uid_map; sleep 1";
    const maps = await Promise.all(
      [host, other].map(async (on) => on.output("cat", [await built(on, shell(whoAmI))])),
    );
    expect(new Set(maps).size).toBe(2);
  } finally {
    await other.stop();
  }
});

test("a host that is stopped leaves nothing behind", async () => {
  const other = await startNixHost();
  await other.stop();
  expect(existsSync(dirname(other.home))).toBe(false);
  expect(() => process.kill(other.pid, 0)).toThrow("ESRCH");
});

test("a machine without Nix is told what to install", async () => {
  vi.stubEnv("PATH", "/nonexistent");
  await expect(startNixHost()).rejects.toThrow("apt-get install -y nix-bin");
});
