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
import { makeArtifact, makeLock } from "../make/lock.js";
import { MEMBER, type RunningPassthrough, STRANGER, basic, runPassthrough } from "./running-passthrough.js";
import { ask } from "./running-proxy.js";

const [MAY, MAY_NOT] = [basic("me", MEMBER), basic("me", STRANGER)];

/** Of which the GitLab and the artifact are used here. */
let running: RunningPassthrough;
let directory: string;
const members: { proxy: Proxy; cache: Cache }[] = [];
let front: ChildProcess | undefined;
beforeEach(async () => {
  running = await runPassthrough({ size: 3_000_000 });
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

/** A member with a cache of its own, on a socket, that asks GitLab with its callers' tokens. */
async function startMember(name: string): Promise<string> {
  const socket = join(directory, `${name}.sock`);
  const cache = await openCache({ directory: join(directory, name), maxBytes: 2 ** 30, log: () => {} });
  const { gitlab, client, variant } = running;
  const proxy = await startProxy({
    listeners: [],
    passthrough: { listeners: [{ path: socket, group: undefined }], origin: new URL(gitlab.url) },
    locks: () => [makeLock({ tool: makeArtifact({ gitlab: gitlab.url, systems: { any: variant } }) })],
    gitlab: client,
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
  await expectRights(url);
  const headers = { authorization: MAY, range: "bytes=2000000-" };
  const rest = await ask(url, running.path, { headers });
  expect({ status: rest.status, right: rest.body.equals(running.bytes.subarray(2_000_000)) }).toEqual({
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
  for (let round = 0; round < 6; round++) await expectRights(url);
  const holders = members.filter(({ cache }) => cache.usage().bytes > 0);
  expect(holders).toHaveLength(1);
  await holders[0]?.proxy.close(0);
  await expectRights(url);
  await vi.waitFor(() => expect(members.filter(({ cache }) => cache.usage().bytes > 0)).toHaveLength(2));
});

/** Whoever may have the artifact gets it, also after the other; whoever may not does not. */
async function expectRights(url: string): Promise<void> {
  for (const [authorization, may] of [
    [MAY, true],
    [MAY_NOT, false],
    [undefined, false],
  ] as const) {
    const headers = authorization === undefined ? {} : { authorization };
    const { status, complete, body } = await ask(url, running.path, { headers });
    const refused = authorization === undefined ? 401 : 404;
    expect({ status, complete, right: body.equals(running.bytes) }).toEqual({
      status: may ? 200 : refused,
      complete: true,
      right: may,
    });
  }
}
