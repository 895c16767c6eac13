/**
 * Clients that mean harm, on the wire: what no HTTP library would send. Each goes away with nothing, and the next honest one is served.
 * Those that a library can send stand in `proxy.test.ts`, a cache that was tampered with in `cache/cache.test.ts`.
 */
import { type Socket, connect } from "node:net";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { sampleBytes } from "../store/samples.js";
import { type RunningProxy, ask, runProxy } from "./running-proxy.js";

const SECRET = "BYTES-OF-THE-ARTIFACT";

let running: RunningProxy;
let path: string;
let host: string;
const sockets: Socket[] = [];
beforeEach(async () => {
  running = await runProxy();
  path = await running.add("tool", { bytes: Buffer.from(SECRET) });
  ({ host } = new URL(running.url));
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await running.close();
});

function open(): Socket {
  const { hostname, port } = new URL(running.url);
  const socket = connect(Number(port), hostname);
  socket.on("error", () => {});
  sockets.push(socket);
  return socket;
}

/** All that comes back until the proxy closes, or says nothing for a while. */
function send(text: string, quietMs = 500): Promise<string> {
  const socket = open();
  let answer = "";
  socket.setEncoding("latin1").on("data", (chunk: string) => (answer += chunk));
  socket.setTimeout(quietMs, () => socket.destroy());
  socket.write(text, "latin1");
  return new Promise((resolve) => socket.once("close", () => resolve(answer)));
}

function statuses(answer: string): string[] {
  return [...answer.matchAll(/^HTTP\/1\.1 (\d{3}) /gm)].map(([, status = ""]) => status);
}

afterEach(async () => expect(running.upstream.requests.filter((one) => one !== "/tool")).toEqual([]));

async function expectHonestIsServed(): Promise<void> {
  expect((await ask(running.url, path)).body.toString()).toBe(SECRET);
}

describe("a target that is more than a path", () => {
  it.each([
    ["absolute form, of itself", () => `GET ${running.url}${path}`, "404"],
    ["absolute form, of another host", () => `GET http://169.254.169.254${path}`, "404"],
    ["absolute form, of another scheme", () => "GET file:///etc/passwd", "404"],
    ["authority form", () => "CONNECT gitlab.example.com:443", undefined],
    ["authority form with GET", () => "GET gitlab.example.com:443", "400"],
    ["asterisk form", () => "OPTIONS *", "405"],
    ["a network path", () => `GET //evil.example${path}`, "404"],
  ])("opens nothing: %s", async (_, line, status) => {
    const answer = await send(`${line()} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
    expect(statuses(answer)).toEqual(status === undefined ? [] : [status]);
    expect(answer).not.toContain(SECRET);
    await expectHonestIsServed();
  });

  it.each([
    "/../../etc/passwd",
    "/fod/../../etc/passwd",
    "/%2e%2e/%2e%2e/etc/passwd",
    "/%252e%252e%252fetc/passwd",
    "/..%2f..%2fetc/passwd",
    "/..%c0%af..%c0%afetc/passwd",
    "/..\\..\\etc\\passwd",
    "/sha256/../content/file-0",
    "/nar/../../content",
    "/.%00./etc/passwd",
  ])("leads nowhere: %s", async (target) => {
    const answer = await send(`GET ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
    expect(["400", "404"]).toContain(statuses(answer)[0]);
    expect(answer).not.toContain("root:");
  });

  it("has no second spelling", async () => {
    const spellings = [
      path.replace("/fod/", "/%66od/"),
      path.replace("/fod/", "/./fod/"),
      path.replace("/fod/", "/x/../fod/"),
      path.replace("/fod/", "/fod//"),
      `${path}/`,
      `${path}#x`,
      path.toUpperCase(),
    ];
    for (const target of spellings) {
      const answer = await send(`GET ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
      expect(answer).not.toContain(SECRET);
    }
  });
});

describe("a request within a request", () => {
  const inner = () => `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`;

  it.each([
    ["two lengths", "Content-Length: 4\r\nContent-Length: 5"],
    ["the same length twice", "Content-Length: 5\r\nContent-Length: 5"],
    ["two lengths in one", "Content-Length: 5, 5"],
    ["chunks and a length", "Transfer-Encoding: chunked\r\nContent-Length: 4"],
    ["a length and chunks", "Content-Length: 4\r\nTransfer-Encoding: chunked"],
    ["a length of nothing and chunks", "Content-Length: 0\r\nTransfer-Encoding: chunked"],
    ["chunks twice", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"],
    ["chunks after a vertical tab", "Transfer-Encoding: \x0bchunked"],
    ["chunks in a header of its own line end", "X: y\rTransfer-Encoding: chunked"],
    ["chunks under a name with a space", "Transfer-Encoding : chunked"],
    ["chunks that are not the last coding", "Transfer-Encoding: chunked, identity"],
    ["an unknown coding", "Transfer-Encoding: xchunked"],
    ["a length with a sign", "Content-Length: +5"],
    ["a folded header", "X: y\r\n Transfer-Encoding: chunked"],
    ["a bare line feed", "X: y\nTransfer-Encoding: chunked"],
    ["two hosts", "Host: evil.example"],
  ])("is not answered: %s", async (_, headers) => {
    const outer = `GET /nowhere HTTP/1.1\r\nHost: ${host}\r\n${headers}\r\n\r\n0\r\n\r\n`;
    const answer = await send(outer + inner());
    expect(answer).not.toContain(SECRET);
    expect(statuses(answer).length).toBeLessThanOrEqual(1);
    await expectHonestIsServed();
  });

  it("is not what a body hides: the connection ends with the refusal", async () => {
    const body = inner();
    const outer = `GET /nowhere HTTP/1.1\r\nHost: ${host}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    expect(statuses(await send(outer + inner()))).toEqual(["413"]);
  });
});

describe("a flood", () => {
  it("of headers is cut off, by their size and by their number", async () => {
    const many = Array.from({ length: 5000 }, (_, index) => `X-${index}: y`).join("\r\n");
    for (const headers of [`X: ${"y".repeat(1_000_000)}`, many]) {
      const answer = await send(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\n${headers}\r\n\r\n`);
      expect(["431", undefined]).toContain(statuses(answer)[0]);
      expect(answer).not.toContain(SECRET);
    }
    await expectHonestIsServed();
  });

  it("of a target without end is cut off", async () => {
    const answer = await send(`GET /${"x".repeat(1_000_000)} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    expect(["431", "414", undefined]).toContain(statuses(answer)[0]);
    await expectHonestIsServed();
  });

  it("of ranges is one whole answer, or one part", async () => {
    const big = sampleBytes(300_000, "ranges");
    const locked = await running.add("ranges", { bytes: big });
    running.upstream.requests.length = 0;
    const many = `bytes=${Array.from({ length: 1000 }, (_, index) => `${index}-`).join(",")}`;
    const whole = await ask(running.url, locked, { headers: { range: many } });
    expect({ status: whole.status, length: whole.body.length }).toEqual({ status: 200, length: big.length });
    const starts = Array.from({ length: 1000 }, (_, index) => index * 299);
    const parts = await Promise.all(
      starts.map(async (start) => {
        const { body } = await ask(running.url, locked, { headers: { range: `bytes=${start}-${start}` } });
        return body.equals(big.subarray(start, start + 1));
      }),
    );
    expect(parts.every(Boolean)).toBe(true);
    expect(running.upstream.requests).toEqual(["/ranges"]);
    running.upstream.requests.length = 0;
  });

  it("of requests on one connection is answered in order, and costs one look at the lock each", async () => {
    const one = `GET /nowhere HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
    const last = one.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n");
    expect(statuses(await send(one.repeat(1999) + last, 20_000))).toEqual(
      Array.from({ length: 2000 }, () => "404"),
    );
  });

  it("of guesses finds nothing", async () => {
    const guesses = Array.from(
      { length: 500 },
      (_, index) => `/${index.toString(32).padStart(32, "0")}.narinfo`,
    );
    const answers = await Promise.all(guesses.map((guess) => ask(running.url, guess)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([404]));
    await expectHonestIsServed();
  });
});

describe("ten thousand slow clients", () => {
  it("take no more than the limit allows, are cut off in time, and leave a proxy that serves", async () => {
    let closed = 0;
    const slow = (text: string) => {
      const socket = open().resume();
      socket.once("connect", () => socket.write(text));
      socket.once("close", () => closed++);
    };
    slow(""); // says nothing at all
    for (let client = 1; client < 10_000; client++) slow("GET /");
    await vi.waitFor(() => expect(closed).toBeGreaterThanOrEqual(10_000 - 4096), { timeout: 60_000 });
    await vi.waitFor(() => expect(closed).toBe(10_000), { timeout: 40_000, interval: 200 });
    await expectHonestIsServed();
  }, 110_000);
});
