import { execFile } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { appendFile, copyFile } from "node:fs/promises";
import { connect as connectPlain } from "node:net";
import { type ConnectionOptions, type TLSSocket, connect } from "node:tls";
import { buffer } from "node:stream/consumers";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { ProxyRule } from "../../src/config/proxy-rule.js";
import type { LogEntry } from "../../src/proxy/log.js";
import { type Tls, openTls } from "../../src/proxy/tls.js";
import { type CertificateAuthority, type Issued, type Wish, startAuthority } from "./certificates.js";
import { type RunningProxy, ask, runProxy } from "./running-proxy.js";

const run = promisify(execFile);
const RENEWED = { level: "info", event: "renewed-certificate" };
const POLICY: readonly ProxyRule[] = [
  {
    name: "machines of the CI",
    effect: "allow",
    callers: [{ kind: "certificate", names: ["DNS:*.ci.test"] }],
  },
  { name: "people", effect: "allow", callers: [{ kind: "certificate", commonNames: ["Ada *"] }] },
];

let ours: CertificateAuthority;
let theirs: CertificateAuthority;
let server: Issued;
let running: RunningProxy;
let tls: Tls;
let logged: LogEntry[];
let url: string;
let path: string;

beforeAll(async () => {
  [ours, theirs] = await Promise.all([startAuthority(), startAuthority()]);
});
afterAll(() => Promise.all([ours.remove(), theirs.remove()]));
beforeEach(async () => {
  server = await ours.issue({ name: "proxy", alternative: ["IP:127.0.0.1"], usage: "serverAuth" });
  logged = [];
  tls = await openTls({ ...server, clientCa: ours.cert }, { log: (entry) => logged.push(entry), lookMs: 20 });
  const listeners = [{ host: "0.0.0.0", port: 0, tls: true }];
  running = await runProxy({ listeners: [], certificates: { listeners }, tls, policy: POLICY });
  url = running.url.replace("0.0.0.0", "127.0.0.1");
  path = await running.add("tool", { bytes: Buffer.from("private bytes\n") });
});
afterEach(async () => {
  tls.close();
  await running.close();
});

/** Asks with curl, which trusts our authority. */
async function curl(client: Issued | undefined, target = path) {
  const shown = client === undefined ? [] : ["--cert", client.cert, "--key", client.key];
  const asked = ["-sS", "--cacert", ours.cert, "-w", "\n%{http_code}", ...shown, url + target];
  const { stdout } = await run("curl", asked);
  const end = stdout.lastIndexOf("\n");
  return { status: Number(stdout.slice(end + 1)), text: stdout.slice(0, end) };
}

describe("a caller with a certificate", () => {
  it.each<[string, Wish]>([
    ["an alternative name", { name: "runner", alternative: ["DNS:other.test", "DNS:one.ci.test"] }],
    ["the name of its subject", { name: "Ada Lovelace", alternative: ["email:ada@test"] }],
  ])("gets what the policy allows to %s", async (_, wish) => {
    expect(await curl(await ours.issue(wish))).toEqual({ status: 200, text: "private bytes\n" });
  });

  it.each<[string, Wish, string]>([
    ["that no rule names", { name: "runner", alternative: ["DNS:ci.test"] }, "certificate DNS:ci.test"],
    [
      "whose one name reads like two",
      { name: "runner", alternative: ["email:x, DNS:a.ci.test"] },
      "certificate email:x, DNS:a.ci.test",
    ],
    [
      "whose common name is an alternative one elsewhere",
      { name: "one.ci.test", alternative: ["DNS:x"] },
      "certificate DNS:x",
    ],
  ])("%s is told what it would be told if it were not locked", async (_, wish, caller) => {
    const client = await ours.issue(wish);
    const [denied, unknown] = [await curl(client), await curl(client, path.replace("tool", "loot"))];
    expect(denied).toEqual(unknown);
    expect(denied.status).toBe(404);
    expect(running.logged).toContainEqual(expect.objectContaining({ event: "denied", caller }));
  });
});

describe("whoever has no good certificate", () => {
  it.each<[string, () => Promise<Issued | undefined>, string]>([
    ["none", () => Promise.resolve(undefined), "wants a client certificate"],
    ["one of another authority", () => theirs.issue({ name: "one.ci.test" }), "not of an authority"],
    ["an expired one", () => ours.issue({ name: "one.ci.test", days: -1 }), "has expired"],
    ["one for servers", () => ours.issue({ name: "one.ci.test", usage: "serverAuth" }), "extendedKeyUsage"],
    ["one that is signed by a client's", () => signedByClient(), "extendedKeyUsage"],
  ])("is told why, whether or not it is locked: %s", async (_, issue, why) => {
    const client = await issue();
    for (const target of [path, "/sha256/0000", "/nix-cache-info"]) {
      const { status, text } = await curl(client, target);
      expect({ status, text }).toEqual({ status: 403, text: expect.stringContaining(why) });
      const error = expect.stringContaining(why);
      expect(running.logged).toContainEqual(
        expect.objectContaining({ event: "refused", path: target, error }),
      );
    }
    expect(running.upstream.requests).toEqual([]);
    expect((await curl(client, "/-/live")).status).toBe(200);
  });

  it("does not get in by taking up a session that had none", async () => {
    const session = await sessionOf(await handshake({}));
    const again = await handshake(session === undefined ? {} : { session });
    again.write(`GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`);
    const [answer] = await once(again.setEncoding("utf8"), "data");
    expect(answer).toMatch(/^HTTP\/1\.1 403 /);
  });

  it("is let go after ten seconds without a handshake, and the operator told", async () => {
    const socket = connectPlain(Number(new URL(url).port), "127.0.0.1");
    await once(socket.resume(), "close");
    const error = "ERR_TLS_HANDSHAKE_TIMEOUT";
    const failed = { level: "warn", event: "handshake-failed", error };
    expect(running.logged).toContainEqual(expect.objectContaining(failed));
  });

  it("is not answered in plain HTTP", async () => {
    await expect(ask(url, path)).rejects.toThrow("socket hang up");
    await vi.waitFor(() =>
      expect(running.logged).toContainEqual({
        level: "warn",
        event: "handshake-failed",
        peer: "127.0.0.1",
        error: "http request",
      }),
    );
  });

  async function signedByClient(): Promise<Issued> {
    const by = await ours.issue({ name: "one.ci.test" });
    const below = await ours.issue({ name: "below.ci.test", by });
    await appendFile(below.cert, readFileSync(by.cert));
    return below;
  }
});

describe("the files", () => {
  it("are read again when they are renewed", async () => {
    const before = await fingerprint();
    const next = await ours.issue({ name: "next", alternative: ["IP:127.0.0.1"], usage: "serverAuth" });
    await copyFile(next.key, server.key);
    await copyFile(next.cert, server.cert);
    await vi.waitFor(async () => expect(await fingerprint()).not.toBe(before));
    expect(logged).toContainEqual({ level: "info", event: "renewed-certificate", file: server.cert });
  });

  it("stay in force when new ones do not fit together", async () => {
    const before = await fingerprint();
    await copyFile((await theirs.issue({ name: "other" })).key, server.key);
    await vi.waitFor(() =>
      expect(logged).toContainEqual({
        level: "error",
        event: "kept-old-certificate",
        file: server.cert,
        error: expect.stringContaining(`${server.key} is not the key of ${server.cert}`),
      }),
    );
    expect(await fingerprint()).toBe(before);
  });

  it("that lose an authority keep its clients out", async () => {
    const { client, clientCa, own, other } = await startForClients();
    expect((await curl(client, "/nix-cache-info")).status).toBe(200);
    const shown = { cert: readFileSync(client.cert), key: readFileSync(client.key) };
    const session = await sessionOf(await handshake(shown));
    await copyFile(theirs.cert, clientCa);
    await vi.waitFor(async () => expect((await curl(client, "/nix-cache-info")).status).toBe(403));
    const again = await handshake({ ...shown, ...(session === undefined ? {} : { session }) });
    again.write(`GET /nix-cache-info HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`);
    expect((await buffer(again)).toString()).toMatch(/^HTTP\/1\.1 403 /);
    own.close();
    await other.close();
  });

  it("that lose an authority count for the next request of whoever is connected, also when it is busy then", async () => {
    const { client, clientCa, own, other } = await startForClients();
    const locked = await other.add("tool", { bytes: Buffer.from("private bytes") });
    let finish = () => {};
    other.upstream.serve("/tool", (_, response) => void (finish = () => response.end("private bytes")));
    const socket = await handshake({ cert: readFileSync(client.cert), key: readFileSync(client.key) });
    const answers = buffer(socket);
    const request = `GET ${locked} HTTP/1.1\r\nHost: x\r\n\r\n`;
    socket.write(request);
    await vi.waitFor(() => expect(other.upstream.open()).toBe(1));
    await copyFile(theirs.cert, clientCa);
    await vi.waitFor(() => expect(logged).toContainEqual(expect.objectContaining(RENEWED)));
    socket.write(request);
    await vi.waitFor(() => expect(other.logged.map(({ event }) => event)).toContain("refused"));
    finish();
    const text = (await answers).toString();
    expect(text).toMatch(/^HTTP\/1\.1 200 OK[^]*private bytes/);
    expect(text.match(/private bytes/g)).toHaveLength(1);
    expect(other.logged).toContainEqual(expect.objectContaining({ event: "refused", status: 503 }));
    own.close();
    await other.close();
  });

  it.each<[string, () => Promise<Issued & { clientCa: string }>, string]>([
    [
      "a missing one",
      async () => ({ ...server, key: "/nowhere", clientCa: ours.cert }),
      "/nowhere cannot be read",
    ],
    ["no certificate", async () => ({ ...server, clientCa: server.key }), "holds no certificate in PEM"],
    [
      "the key of another",
      async () => ({ ...server, key: (await ours.issue({ name: "x" })).key, clientCa: ours.cert }),
      "is not the key of",
    ],
  ])("are refused with their name: %s", async (_, files, message) => {
    const opening = openTls(await files(), { log: () => {} });
    await expect(opening).rejects.toMatchObject({
      code: "TLS_FILES",
      message: expect.stringContaining(message),
    });
  });

  /** A proxy without a policy, whose authorities are in a file of their own. */
  async function startForClients() {
    const [client, clientCa] = [await ours.issue({ name: "one.ci.test" }), `${server.cert}.ca`];
    await copyFile(ours.cert, clientCa);
    const own = await openTls({ ...server, clientCa }, { log: (entry) => logged.push(entry), lookMs: 20 });
    const other = await runProxy({
      listeners: [],
      certificates: { listeners: [{ host: "127.0.0.1", port: 0, tls: true }] },
      tls: own,
    });
    url = other.url;
    return { client, clientCa, own, other };
  }

  async function fingerprint(): Promise<string> {
    const socket = await handshake({});
    const { fingerprint256 } = socket.getPeerCertificate();
    socket.destroy();
    return fingerprint256;
  }
});

it("whoever need not say who they are is served on this machine alone, also over TLS", async () => {
  const anywhere = runProxy({ listeners: [{ host: "0.0.0.0", port: 0, tls: true }], tls });
  await expect(anywhere).rejects.toMatchObject({ code: "PROXY_NOT_LOOPBACK" });
});

/** What the proxy gives to take the session up again later; undefined when it gives nothing. */
function sessionOf(socket: TLSSocket): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    socket.once("session", resolve);
    socket.once("end", () => resolve(undefined));
    socket.write(`GET /-/live HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`);
    socket.resume();
  });
}

async function handshake(options: ConnectionOptions): Promise<TLSSocket> {
  const { port } = new URL(url);
  const socket = connect({ host: "127.0.0.1", port: Number(port), ca: readFileSync(ours.cert), ...options });
  await once(socket, "secureConnect");
  return socket;
}
