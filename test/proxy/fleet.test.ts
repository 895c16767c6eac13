/** The configurations of docs/proxy.md, in the programs that they are for; only addresses and certificates are others. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { type Cache, openCache } from "../../src/proxy/cache/cache.js";
import { type Proxy, startProxy } from "../../src/proxy/proxy.js";
import { sampleBytes } from "../store/samples.js";
import { type RunningProxy, ask, runProxy } from "./running-proxy.js";

const BYTES = sampleBytes(3_000_000, "fleet");

let running: RunningProxy;
let directory: string;
let path: string;
const members: { proxy: Proxy; cache: Cache }[] = [];
let front: ChildProcess | undefined;
beforeEach(async () => {
  running = await runProxy();
  path = await running.add("tool", { bytes: BYTES });
  directory = await mkdtemp(join(tmpdir(), "nix-artifacts-fleet-"));
});
afterEach(async () => {
  front?.kill("SIGTERM");
  if (front !== undefined && front.exitCode === null) await once(front, "exit");
  for (const { proxy, cache } of members.splice(0)) {
    await proxy.close(0);
    cache.close();
  }
  await running.close();
  await rm(directory, { recursive: true });
});

/** A member with a cache of its own, on a socket. */
async function startMember(name: string): Promise<string> {
  const socket = join(directory, `${name}.sock`);
  const cache = await openCache({ directory: join(directory, name), maxBytes: 2 ** 30, log: () => {} });
  const proxy = await startProxy({
    listeners: [{ path: socket, group: undefined }],
    locks: () => [running.lock()],
    gitlab: running.upstream.gitlab,
    cache,
    log: () => {},
  });
  members.push({ proxy, cache });
  return socket;
}

async function documented(language: string): Promise<string> {
  const [, block] =
    new RegExp(`\`\`\`${language}\\n([^]*?)\`\`\``).exec(await readFile("docs/proxy.md", "utf8")) ?? [];
  if (block === undefined) throw new Error(`docs/proxy.md has no block of ${language}`);
  return block;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo; // it listens on TCP
  server.close();
  await once(server, "close");
  return port;
}

/** Starts a program that stays in the foreground; gives the URL at which it answers. */
async function startFront(program: string, args: readonly string[], port: number): Promise<string> {
  front = spawn(program, args, { stdio: "ignore" });
  const url = `http://127.0.0.1:${port}`;
  await vi.waitFor(async () => expect((await ask(url, "/-/live")).status).toBe(200), { timeout: 20_000 });
  return url;
}

it("nginx in front of a proxy passes everything on, also a part", async () => {
  const port = await freePort();
  const socket = await startMember("one");
  const servers = (await documented("nginx"))
    .replace("/run/nix-artifacts/proxy.sock", socket)
    .replace("listen 443 ssl", `listen 127.0.0.1:${port}`)
    .replace(/^ *ssl_.*\n/gm, "");
  const file = join(directory, "nginx.conf");
  await writeFile(
    file,
    `user root; daemon off; pid ${directory}/nginx.pid; error_log /dev/null; events {}
http { access_log off; client_body_temp_path ${directory}/body; proxy_temp_path ${directory}/proxy; ${servers} }`,
  );
  const url = await startFront("nginx", ["-c", file], port);
  const { status, body, complete } = await ask(url, path);
  expect({ status, complete, right: body.equals(BYTES) }).toEqual({
    status: 200,
    complete: true,
    right: true,
  });
  const rest = await ask(url, path, { headers: { range: "bytes=2000000-" } });
  expect({ status: rest.status, right: rest.body.equals(BYTES.subarray(2_000_000)) }).toEqual({
    status: 206,
    right: true,
  });
});

it("HAProxy sends an artifact to one member, and to another when that one is gone", async () => {
  const port = await freePort();
  const sockets = [await startMember("one"), await startMember("two")];
  const config = (await documented("haproxy"))
    .replace(/bind :443 .*/, `bind 127.0.0.1:${port}`)
    .replace(/one\.example\.com:443 check.*/, `unix@${sockets[0]} check`)
    .replace(/two\.example\.com:443 check.*/, `unix@${sockets[1]} check`);
  const file = join(directory, "haproxy.cfg");
  await writeFile(file, config);
  const url = await startFront("haproxy", ["-db", "-f", file], port);
  for (let round = 0; round < 6; round++) expect((await ask(url, path)).body.equals(BYTES)).toBe(true);
  expect(running.upstream.requests).toEqual(["/tool"]);
  const caches = members.map(({ cache }) => cache.usage().bytes);
  const holder = caches.indexOf(BYTES.length);
  await members[holder]?.proxy.close(0);
  expect((await ask(url, path)).body.equals(BYTES)).toBe(true);
  expect(running.upstream.requests).toEqual(["/tool", "/tool"]);
});
