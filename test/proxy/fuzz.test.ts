/** Hostile bytes on the wire. `FUZZ=200000` sends that many requests, `FUZZ_SEED=7` others than those of every day. */
import { connect } from "node:net";
import pLimit from "p-limit";
import { afterAll, beforeAll, expect, it } from "vitest";
import { formatLogEntry } from "../../src/proxy/log.js";
import { narPath, narinfoPath } from "../../src/proxy/narinfo.js";
import { MEMBER, type RunningPassthrough, basic, runPassthrough } from "./running-passthrough.js";
import { type RunningProxy, ask, runProxy } from "./running-proxy.js";

const REQUESTS = Number(process.env["FUZZ"] ?? 3000);
const SEED = Number(process.env["FUZZ_SEED"] ?? 1);
const SECRET_BYTES = "SECRET-OF-THE-ARTIFACT";
const TOKEN = "glpat-canary-of-the-fuzzer";

let running: RunningProxy;
let asking: RunningPassthrough;
/** One listener that gives to who names the bytes, and one that asks GitLab, which knows none of the tokens that are sent here. */
let listeners: readonly Target[];

interface Target {
  readonly url: string;
  /** What of the artifact must not be given away. */
  readonly secret: string;
  /** Everything that it may give bytes for. */
  readonly paths: readonly string[];
  /** What is changed to be asked for. */
  readonly targets: readonly string[];
}

beforeAll(async () => {
  [running, asking] = await Promise.all([runProxy(), runPassthrough()]);
  const fod = await running.add("tool", { bytes: Buffer.from(`${SECRET_BYTES}\n`) });
  const variant = running.lock().artifacts["tool"]?.systems["any"];
  if (variant === undefined) throw new Error("it was locked above");
  const paths = [fod, narPath(variant), `/sha256/${fod.split("/").at(-2)}`];
  const others = ["/nix-cache-info", "/", "*", "http://evil.example/", "evil.example:80"];
  listeners = [
    {
      url: running.url,
      secret: SECRET_BYTES,
      paths,
      targets: [...paths, narinfoPath(variant), ...others],
    },
    {
      url: asking.url,
      secret: asking.bytes.toString("latin1", 100, 120),
      paths: [],
      targets: [...asking.paths, ...others],
    },
  ];
  // From now on it is in the cache, and who may have it was let in just now.
  expect((await asking.askAs(basic("me", MEMBER))).status).toBe(200);
});
afterAll(() => Promise.all([running.close(), asking.close()]));

it(
  `no byte of an artifact is given to who does not name it, in ${REQUESTS} requests`,
  async () => {
    const random = randomNumbers(SEED);
    const limit = pLimit(32);
    const statuses = new Map<string, number>();
    const requests = Array.from({ length: REQUESTS }, () => {
      const listener = oneOf(random, listeners);
      return { listener, request: mutated(random, listener) };
    });
    await Promise.all(
      requests.map(({ listener, request }) =>
        limit(async () => {
          const answer = (await send(request, listener)).toString("latin1");
          const [, status = "none"] = /^HTTP\/1\.1 (\d{3}) /.exec(answer) ?? [];
          statuses.set(status, (statuses.get(status) ?? 0) + 1);
          const text = request.toString("latin1");
          if (answer.includes(listener.secret)) {
            const named = listener.paths.some((path) => text.includes(path));
            expect(named, text).toBe(true);
          }
          expect(answer.includes(TOKEN), text).toBe(false);
          expect(Number(status) >= 500, text).toBe(false);
        }),
      ),
    );
    const [first = ""] = listeners[0]?.paths ?? [];
    expect((await ask(running.url, first)).body.toString()).toBe(`${SECRET_BYTES}\n`);
    expect((await asking.askAs(basic("me", MEMBER))).body.equals(asking.bytes)).toBe(true);
    const lines = [...running.logged, ...asking.logged].map(formatLogEntry);
    expect(lines.filter((line) => line.includes(TOKEN) || /[^ -~]/.test(line))).toEqual([]);
    // The requests are neither all nonsense nor all fine.
    for (const status of ["200", "206", "400", "401", "403", "404", "405", "413", "416", "421"]) {
      expect(
        statuses.get(status) ?? 0,
        `answers with ${status}: ${JSON.stringify([...statuses])}`,
      ).toBeGreaterThan(0);
    }
  },
  60_000 + REQUESTS * 10,
);

type Random = (below: number) => number;

/** Mulberry32: small, seeded, good enough to choose. */
function randomNumbers(seed: number): Random {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

function oneOf<T>(random: Random, values: readonly T[]): T {
  const value = values[random(values.length)];
  if (value === undefined) throw new Error("nothing to choose from");
  return value;
}

const HEADERS = [
  "Range: bytes=0-3",
  "Range: bytes=99999-",
  `Range: bytes=${"0-0,".repeat(500)}1-1`,
  "Range: bytes=18446744073709551616-",
  "If-None-Match: *",
  "Content-Length: 5",
  "Content-Length: -1",
  "Content-Length: 5\r\nContent-Length: 6",
  "Transfer-Encoding: chunked",
  "Transfer-Encoding: chunked\r\nContent-Length: 5",
  "Transfer-Encoding : chunked",
  "Origin: https://evil.example",
  "Sec-Fetch-Site: cross-site",
  "Expect: 100-continue",
  "Upgrade: websocket\r\nConnection: Upgrade",
  `X: ${"x".repeat(9000)}`,
  `PRIVATE-TOKEN: ${TOKEN}`,
  `Authorization: Basic ${Buffer.from(`x:${TOKEN}`).toString("base64")}`,
  " folded: header",
  "\0: \0",
];
const METHODS = [
  ...Array.from({ length: 20 }, () => "GET"),
  "HEAD",
  "POST",
  "CONNECT",
  "OPTIONS",
  "TRACE",
  "get",
  "PRI",
  "",
];

/** A request that is right, but for a few changes. */
function mutated(random: Random, { url, targets }: Target): Buffer {
  const { host, port } = new URL(url);
  const hosts = [
    ...Array.from({ length: 20 }, () => host),
    `localhost:${port}`,
    "evil.example",
    "",
    `${host}, evil.example`,
    "127.0.0.1:1",
  ];
  const headers = Array.from({ length: oneOf(random, [0, 0, 1, 1, 2]) }, () => oneOf(random, HEADERS));
  const lines = [
    `${oneOf(random, METHODS)} ${changedTarget(random, targets)} HTTP/1.${random(20) === 0 ? 0 : 1}`,
    `Host: ${oneOf(random, hosts)}`,
    ...headers,
    "Connection: close",
  ];
  const bytes = Buffer.from(
    `${lines.join("\r\n")}\r\n\r\n${random(20) === 0 ? "GET / HTTP/1.1\r\n\r\n" : ""}`,
    "latin1",
  );
  if (random(4) === 0)
    for (let flip = 0; flip <= random(4); flip++) bytes[random(bytes.length)] = random(256);
  return random(30) === 0 ? bytes.subarray(0, random(bytes.length)) : bytes;
}

function changedTarget(random: Random, targets: readonly string[]): string {
  const target = oneOf(random, targets);
  const at = random(target.length);
  const pieces = [
    "/..",
    "%2e%2e/",
    "%2f",
    "//",
    "\\",
    "%00",
    ";",
    "?private_token=x",
    "#",
    "..%c0%af",
    "%",
    "é",
  ];
  switch (random(12)) {
    case 0:
      return target.slice(0, at) + oneOf(random, pieces) + target.slice(at);
    case 1:
      return target.replace(/[0-9a-f]{52,64}/, (digits) =>
        digits.replace(/./, (digit) => (digit === "0" ? "1" : "0")),
      );
    case 2:
      return `http://${oneOf(random, ["evil.example", "127.0.0.1"])}${target}`;
    case 3:
      return target.toUpperCase();
    case 4:
      return target.slice(0, at);
    default:
      return target;
  }
}

/** Everything that comes back before the other side closes, or is silent because it waits for the rest of a request. */
function send(bytes: Buffer, { url }: Target): Promise<Buffer> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname);
    const chunks: Buffer[] = [];
    socket.setTimeout(300, () => socket.destroy());
    socket.on("data", (chunk) => chunks.push(chunk));
    socket.on("error", () => {});
    socket.once("close", () => resolve(Buffer.concat(chunks)));
    socket.write(bytes);
  });
}
