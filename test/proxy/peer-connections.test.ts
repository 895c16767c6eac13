import { once } from "node:events";
import { type Socket, connect } from "node:net";
import { Agent, request } from "undici";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { peerOf } from "../../src/proxy/peer-connections.js";
import { type Tls, openTls } from "../../src/proxy/tls.js";
import { type CertificateAuthority, startAuthority } from "./certificates.js";
import { ownAddress } from "./own-address.js";
import { type RunningProxy, runProxy } from "./running-proxy.js";

const MOST = 3;

let authority: CertificateAuthority;
let tls: Tls;
let running: RunningProxy;
const sockets: Socket[] = [];
beforeAll(async () => {
  authority = await startAuthority();
  const files = await authority.issue({ name: "localhost", usage: "serverAuth" });
  tls = await openTls({ ...files, clientCa: authority.cert }, { log: () => {} });
});
afterAll(async () => {
  tls.close();
  await authority.remove();
});
async function start(host: string, peerConnections = MOST): Promise<void> {
  const listeners = [{ host, port: 0, tls: true }];
  running = await runProxy({ listeners: [], certificates: { listeners }, tls, peerConnections });
}

/** Opens connections one after the other, and says nothing; gives those that the proxy has closed, also later. */
async function openSilent(count: number): Promise<readonly Socket[]> {
  const { hostname, port } = new URL(running.url);
  const closed: Socket[] = [];
  for (let number = 0; number < count; number++) {
    const socket = connect(Number(port), hostname).on("error", () => {});
    socket.once("close", () => closed.push(socket));
    sockets.push(socket);
    await once(socket, "connect");
  }
  // Connections are taken in their order: when this one is over, the proxy has seen all before it.
  await isAnswered();
  return closed;
}

async function isAnswered(): Promise<boolean> {
  const dispatcher = new Agent({
    connect: { rejectUnauthorized: false },
    pipelining: 0,
    keepAliveTimeout: 1,
  });
  try {
    const { statusCode, body } = await request(`${running.url}/-/live`, { dispatcher });
    await body.dump();
    return statusCode === 200;
  } catch {
    return false;
  } finally {
    await dispatcher.destroy();
  }
}

describe("connections of one peer", () => {
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    await running.close();
  });

  it("are bounded, others closed at once, and the operator told of the first of them", async () => {
    const peer = ownAddress();
    await start(peer);
    const closed = await openSilent(MOST + 5);
    await vi.waitFor(() => expect(closed).toHaveLength(5));
    expect(await isAnswered()).toBe(false);
    expect(running.logged.filter(({ event }) => event !== "listening")).toEqual([
      { level: "warn", event: "too-many-connections", peer, most: MOST },
    ]);
  });

  it("are free again when one is closed", async () => {
    await start(ownAddress());
    await openSilent(MOST);
    sockets[0]?.destroy();
    await vi.waitFor(async () => expect(await isAnswered()).toBe(true));
  });

  it("have no bound on a loopback address, where all builds of a machine are one peer", async () => {
    await start("127.0.0.1");
    expect(await openSilent(MOST * 4)).toEqual([]);
    expect(await isAnswered()).toBe(true);
  });

  it("have no bound where the operator wants none", async () => {
    await start(ownAddress(), 0);
    expect(await openSilent(MOST * 4)).toEqual([]);
    expect(await isAnswered()).toBe(true);
  });
});

it.each([
  ["192.0.2.7", "192.0.2.7"],
  ["::ffff:192.0.2.7", "192.0.2.7"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
  ["2001:db8::1", "2001:db8:0:0::/64"],
  ["fe80::1", "fe80:0:0:0::/64"],
  ["127.0.0.9", undefined],
  ["::1", undefined],
  ["::ffff:127.0.0.1", undefined],
  [undefined, undefined],
])("the peer of %s is %s", (address, peer) => {
  expect(peerOf(address)).toBe(peer);
});
