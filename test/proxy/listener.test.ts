import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Cache, openCache } from "../../src/proxy/cache/cache.js";
import { groupId } from "../../src/proxy/group-id.js";
import { listenOn } from "../../src/proxy/listen.js";
import { parseListener } from "../../src/proxy/listener.js";
import { type Proxy, startProxy } from "../../src/proxy/proxy.js";
import { type RunningProxy, runProxy } from "./running-proxy.js";

const run = promisify(execFile);

let running: RunningProxy;
let directory: string;
let socket: string;
const proxies: Proxy[] = [];
const caches: Cache[] = [];
beforeEach(async () => {
  running = await runProxy();
  directory = await mkdtemp(join(tmpdir(), "nix-artifacts-socket-"));
  await chmod(directory, 0o755);
  socket = join(directory, "proxy.sock");
});
afterEach(async () => {
  for (const proxy of proxies.splice(0)) await proxy.close(0);
  for (const cache of caches.splice(0)) cache.close();
  await running.close();
  await rm(directory, { recursive: true });
});

/** A proxy on the socket and on a port. */
async function startBoth(group?: number): Promise<Proxy> {
  const cache = await openCache({ directory: join(directory, "cache"), maxBytes: 1000, log: () => {} });
  caches.push(cache);
  const proxy = await startProxy({
    listeners: [parseListener(`unix:${socket}`, group), parseListener("127.0.0.1:0")],
    locks: () => [running.lock()],
    gitlab: running.upstream.gitlab,
    cache,
    log: () => {},
  });
  proxies.push(proxy);
  return proxy;
}

/** Asks through the socket as a user who is in one group. */
function curlAs(group: number, path: string) {
  const curl = ["curl", "-sSf", "--unix-socket", socket, `http://localhost${path}`];
  return run("setpriv", ["--reuid", "65534", "--regid", String(group), "--clear-groups", ...curl]);
}

describe("a unix socket", () => {
  it("lets the group in and nobody else", async () => {
    const nixbld = await groupId("nixbld");
    await startBoth(nixbld);
    const { mode, gid } = await stat(socket);
    expect({ mode: mode & 0o777, gid }).toEqual({ mode: 0o660, gid: nixbld });
    const path = await running.add("tool", { bytes: Buffer.from("through the socket") });
    expect((await curlAs(nixbld, path)).stdout).toBe("through the socket");
    await expect(curlAs(65_534, path)).rejects.toThrow("curl: (7)");
  });

  it("stands beside a port, and is gone afterwards", async () => {
    const proxy = await startBoth();
    expect(proxy.urls).toEqual([`unix:${socket}`, expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/)]);
    await proxy.close(0);
    proxies.length = 0;
    await expect(stat(socket)).rejects.toThrow("ENOENT");
  });

  it("takes the place of one that a killed proxy left", async () => {
    const listen = `require("net").createServer().listen(${JSON.stringify(socket)}, () => console.log("listens"))`;
    const killed = spawn(process.execPath, ["-e", listen], { stdio: ["ignore", "pipe", "inherit"] });
    await once(killed.stdout, "data");
    await expect(startBoth()).rejects.toMatchObject({ code: "PROXY_CANNOT_LISTEN" });
    killed.kill("SIGKILL");
    await once(killed, "exit");
    expect((await stat(socket)).isSocket()).toBe(true);
    await startBoth();
  });

  it("is gone when it cannot be given to its group, and keeps no proxy running", async () => {
    const server = createServer();
    const noGroup = 2 ** 33;
    await expect(listenOn(server, { path: socket, group: noGroup })).rejects.toMatchObject({
      code: "PROXY_CANNOT_LISTEN",
      message: expect.stringContaining("--socket-group"),
    });
    expect(server.listening).toBe(false);
    await expect(stat(socket)).rejects.toThrow("ENOENT");
  });

  it("takes the place of nothing else", async () => {
    await writeFile(socket, "precious");
    await expect(startBoth()).rejects.toMatchObject({ code: "PROXY_CANNOT_LISTEN" });
    expect((await stat(socket)).size).toBe(8);
  });
});

describe("parseListener", () => {
  it.each(["", "7467", "unix:relative", "unix:", "127.0.0.1:99999", "127.0.0.1:x", ":80"])(
    "refuses %j with an example",
    (address) => {
      expect(() => parseListener(address)).toThrow(
        /an address to listen on is HOST:PORT, unix:\/PATH or systemd:NAME/,
      );
    },
  );
});

it("a group that does not exist is named", async () => {
  await expect(groupId("no-such-group")).rejects.toMatchObject({ code: "NO_SUCH_GROUP", exitCode: 2 });
  expect(await groupId("30000")).toBe(30_000);
});
