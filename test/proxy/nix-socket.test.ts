import { execFile } from "node:child_process";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, it } from "vitest";
import { groupId } from "../../src/proxy/group-id.js";
import { startNixHost } from "../nix/host.js";
import { build } from "../nix/workspace.js";
import { type RunningProxy, runProxy } from "./running-proxy.js";

const run = promisify(execFile);
/** As docs/proxy.md has it. */
const GROUPS = "$(seq -f g:%.0f:rw -s , 872415232 65536 880738304)";
const AUTO_UIDS = {
  "auto-allocate-uids": "true",
  "experimental-features": "nix-command flakes auto-allocate-uids",
};

let directory: string;
let socket: string;
let running: RunningProxy;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "nix-artifacts-socket-"));
  await chmod(directory, 0o755);
  socket = join(directory, "proxy.sock");
});
afterEach(async () => {
  await running.close();
  await rm(directory, { recursive: true });
});

/** Whether a fixed-output build gets an artifact through the socket, which `group` may open. */
async function getsIn(group: number | undefined, conf: Readonly<Record<string, string>>): Promise<boolean> {
  running = await runProxy({ listeners: [{ path: socket, group }] });
  if (group === undefined) await run("sh", ["-c", `setfacl -m "${GROUPS}" ${socket}`]);
  const path = await running.add("tool", { bytes: Buffer.from("for builds alone") });
  const variant = running.lock().artifacts["tool"]?.systems["any"];
  const host = await startNixHost({ conf: { "extra-sandbox-paths": directory, ...conf } });
  try {
    const { code, stderr } = await build(
      host,
      `derivation {
        name = "tool.bin"; system = builtins.currentSystem; builder = "/bin/sh";
        args = [ "-c" "/usr/bin/curl -sSf -o $out --unix-socket ${socket} http://localhost${path}" ];
        outputHashMode = "flat"; outputHashAlgo = "sha256"; outputHash = "${variant?.hash}";
      }`,
    );
    if (code !== 0) expect(stderr).toContain("curl: (7)");
    return code === 0;
  } finally {
    await host.stop();
  }
}

it("builds of the machine's build users get through a socket of their group", async () => {
  expect(await getsIn(await groupId("nixbld"), {})).toBe(true);
});

it("builds with users from a range get through a socket that is open to the groups of the range, and no others", async () => {
  const { stdout } = await run("nix", ["--version"]);
  const knowsRanges = Number(/2\.(\d+)/.exec(stdout)?.[1]) >= 26;
  expect(await getsIn(undefined, AUTO_UIDS)).toBe(knowsRanges);
});
