/** The proxy beside nginx: the same origin, the same client, in turn. */
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, test } from "vitest";
import { fodPath } from "../src/generate/fod-path.js";
import { digestBody } from "../src/hash/digest-body.js";
import type { Lock } from "../src/lock/schema.js";
import { printLock } from "../src/lock/write.js";
import { makeArtifact, makeLock, makeVariant } from "../test/make/lock.js";
import { sampleBytes } from "../test/store/samples.js";
import { compare, compareLoad, report, reportLoad, residentPeak, sample } from "./measure.js";
import { type Server, startNginx, startProxy } from "./servers.js";

const SIZES = { big: 2 ** 30, small: 64 * 1024 } as const;
type Name = keyof typeof SIZES;
/** A line of 5 Gbit/s to GitLab, in MiB/s. */
const LINE = 596;
/** Where GitLab has the artifacts of the job. */
const ARTIFACTS = "api/v4/projects/42/jobs/77001/artifacts";

let directory: string;
let origin: Server;
let nginx: Server;
let proxy: Server;
let paths: Record<Name | "line", string>;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "bench-proxy-"));
  const files = join(directory, "files", ARTIFACTS);
  mkdirSync(files, { recursive: true });
  for (const [name, size] of Object.entries(SIZES)) {
    writeFileSync(join(files, name), sampleBytes(size, name));
  }
  const whole = `/${ARTIFACTS}/big { access_log ${directory}/asked; }`;
  const line = `/${ARTIFACTS}/line { alias ${files}/big; limit_rate ${LINE}m; }`;
  origin = await startNginx(directory, "origin", {
    server: `root ${directory}/files; location ${whole} location ${line}`,
  });
  nginx = await startNginx(directory, "nginx", {
    server: `root ${files}; location /cold/ { proxy_pass ${origin.url}/${ARTIFACTS}/; proxy_http_version 1.1; }`,
  });
  paths = { big: await locked("big"), small: await locked("small"), line: await locked("big", "line") };
  writeFileSync(join(directory, "artifacts.lock.json"), printLock(makeLock(systems)));
});

afterAll(async () => {
  for (const server of [nginx, origin]) await server.end();
  rmSync(directory, { recursive: true });
});

/** Each row has a process of its own: the peak of its memory is that of the row. */
beforeEach(async () => {
  proxy = await startProxy(directory);
});

afterEach(() => proxy.end());

const systems: Lock["artifacts"] = {};

/** Locks a file of the origin; gives its path on the proxy. */
async function locked(content: Name, name: Name | "line" = content): Promise<string> {
  const file = { name, form: "file", size: SIZES[content] } as const;
  async function* bytes() {
    yield sampleBytes(SIZES[content], content);
  }
  const url = `${origin.url}/${ARTIFACTS}/${name}`;
  const variant = makeVariant({ url, file: name, ...file, ...(await digestBody(bytes(), file)) });
  systems[name] = makeArtifact({ gitlab: origin.url, systems: { any: variant } });
  return fodPath(origin.url, variant);
}

function curl(url: string) {
  return { command: "curl", args: ["-sSf", "-o", "/dev/null", url] };
}

function emptyCache(): void {
  rmSync(join(directory, "cache", "content"), { recursive: true });
  mkdirSync(join(directory, "cache", "content"), { mode: 0o700 });
}

test("1 GiB that is not in the cache, one client", async () => {
  const ours = { ...curl(proxy.url + paths.big), before: emptyCache };
  const compared = await compare(ours, curl(`${nginx.url}/cold/big`), 3);
  const peakMiB = residentPeak(proxy.process.pid);
  report("proxy, cold 1 GiB / nginx proxy_pass", { ...compared, peakMiB }, "ratio ≤ 1.11, ≤ 200 MiB");
  // nginx hands on what the proxy hashes and keeps as well.
  const kept = `curl -sSf ${nginx.url}/cold/big | tee ${directory}/kept | openssl dgst -sha256`;
  const theirs = { command: "sh", args: ["-c", kept] };
  report("proxy, cold 1 GiB / nginx | tee | openssl", await compare(ours, theirs, 3), "ratio ≤ 1.11");
});

test("1 GiB that is not in the cache, one client, over a line of 5 Gbit/s", async () => {
  const ours = { ...curl(proxy.url + paths.line), before: emptyCache };
  const compared = await compare(ours, curl(`${nginx.url}/cold/line`), 3);
  const peakMiB = residentPeak(proxy.process.pid);
  report(
    "proxy, cold 1 GiB at 5 Gbit/s / nginx proxy_pass",
    { ...compared, peakMiB },
    "ratio ≤ 1.11, ≤ 200 MiB",
  );
});

test.each<[Name, string]>([
  ["big", "ratio ≥ 0.5, ≤ 200 MiB"],
  ["small", "ratio ≥ 0.5, p99 ≤ 3 ×, ≤ 200 MiB"],
])("hot, 64 clients: %s", async (name, aim) => {
  const compared = await compareLoad(proxy.url + paths[name], `${nginx.url}/${name}`);
  reportLoad(`proxy, hot, 64 clients, ${name} / nginx`, compared, `${aim}`);
  process.stdout.write(`  peak of the proxy: ${residentPeak(proxy.process.pid).toFixed(0)} MiB\n`);
});

/** 500 GiB go over the loopback, at three in a second on two cores; curl ends what takes longer than this. */
const MOST_SECONDS = 1200;

test(
  "500 clients ask for the same 1 GiB, which is not in the cache",
  async () => {
    const url = `${proxy.url}${paths.big}#[1-250]`; // curl makes 250 requests of it
    const half = `curl -sSfZ --no-progress-meter --max-time ${MOST_SECONDS} --parallel-immediate --parallel-max 250 -o /dev/null "${url}"`;
    const args = ["-c", `${half} & first=$!; ${half} && wait $first`];
    const before = downloadsOfBig();
    const { seconds } = await sample({ command: "sh", args, before: emptyCache });
    const downloads = downloadsOfBig() - before;
    const row = `${seconds.toFixed(0)} s, downloads from the origin: ${downloads}, ${residentPeak(proxy.process.pid).toFixed(0)} MiB`;
    process.stdout.write(`proxy, cold, 500 clients, shared 1 GiB: ${row}  aim: 1 download, ≤ 200 MiB\n`);
  },
  MOST_SECONDS * 1000 + 60_000,
);

function downloadsOfBig(): number {
  return readFileSync(join(directory, "asked"), "utf8").split("\n").length - 1;
}

const SILENT = 4000;

test("4,000 clients ask for 1 GiB, each from another byte on, and read nothing", async () => {
  await sample(curl(proxy.url + paths.big)); // it is in the cache
  const { hostname, port } = new URL(proxy.url);
  const sockets = Array.from({ length: SILENT }, (_, client) => {
    const socket = connect(Number(port), hostname).pause();
    const range = `Range: bytes=${Math.floor((client / SILENT) * SIZES.big)}-`;
    socket.write(`GET ${paths.big} HTTP/1.1\r\nHost: ${hostname}:${port}\r\n${range}\r\n\r\n`);
    return socket;
  });
  await delay(20_000); // until the system's buffers are full, too
  for (const socket of sockets) socket.destroy();
  const peak = residentPeak(proxy.process.pid).toFixed(0);
  process.stdout.write(`proxy, ${SILENT} clients that read nothing: ${peak} MiB  aim: ≤ 300 MiB\n`);
});

test("start with 10,000 locked artifacts", async () => {
  const folder = join(directory, "many");
  mkdirSync(folder);
  writeFileSync(join(folder, "artifacts.lock.json"), printLock(manyArtifacts(10_000)));
  const started = performance.now();
  const many = await startProxy(folder);
  const serving = performance.now();
  const answer = await fetch(`${many.url}/${"0".repeat(32)}.narinfo`);
  await answer.text();
  const answered = performance.now();
  const row = `${seconds(serving - started)} until it listens, ${seconds(answered - serving)} for its first answer`;
  process.stdout.write(`proxy, start with 10,000 artifacts: ${row}  aim: ≤ 1 s in all\n`);
  await many.end();
});

/** Each has bytes of its own. */
function manyArtifacts(count: number): Lock {
  const artifact = (number: number) => {
    const digest = createHash("sha256").update(String(number));
    const hash = `sha256-${digest.digest("base64")}`;
    const storePath = `/nix/store/${String(number).padStart(32, "0")}-acme-linux`;
    return makeArtifact({
      systems: { any: makeVariant({ job: number + 1, hash, narHash: hash, storePath }) },
    });
  };
  return makeLock(
    Object.fromEntries(Array.from({ length: count }, (_, number) => [`acme-${number}`, artifact(number)])),
  );
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(2)} s`;
}
