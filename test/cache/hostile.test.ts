/** Caches that send without end, break off, or say what makes no sense. */
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, truncateSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { BinaryCache } from "../../src/cache/cache.js";
import { openCache } from "../../src/cache/open-cache.js";
import { parseS3Address } from "../../src/cache/s3-address.js";
import { openS3Cache } from "../../src/cache/s3-cache.js";

const KEY = "00000000000000000000000000000000.narinfo";

let answer: (response: ServerResponse) => unknown;
let server: Server;
let url: string;
let directory: string;
let cache: BinaryCache;
beforeEach(async () => {
  server = createServer((_, response) => answer(response)).listen(0, "127.0.0.1");
  await once(server, "listening");
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // listens on TCP
  directory = mkdtempSync(join(tmpdir(), "cache-"));
  vi.stubEnv("AWS_CONFIG_FILE", join(directory, "config"));
  vi.stubEnv("AWS_SHARED_CREDENTIALS_FILE", join(directory, "credentials"));
  vi.stubEnv("AWS_PROFILE", undefined);
  vi.stubEnv("AWS_ACCESS_KEY_ID", "AKANY");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "any");
});
afterEach(async () => {
  await cache.close();
  server.closeAllConnections();
  server.close();
  await rm(directory, { recursive: true });
});

async function open(address: string): Promise<void> {
  cache = await openCache(address, { cwd: "/", env: {} });
}

async function bytesOf(key: string): Promise<number> {
  let bytes = 0;
  for await (const chunk of (await cache.read(key)) ?? []) bytes += chunk.length;
  return bytes;
}

describe.each([
  ["behind HTTP", () => url],
  ["in S3", () => `s3://team-cache?endpoint=${url}`],
])("a cache %s", (_, address) => {
  beforeEach(() => open(address()));

  it("that sends a text without end is listened to for a while only, and the text is none", async () => {
    let left: Promise<unknown> | undefined;
    answer = (response) => {
      left = once(response, "close");
      const line = `References: ${"x".repeat(65_536)}\n`;
      const send = () => {
        while (!response.destroyed && response.write(line));
      };
      response.writeHead(200).on("drain", send);
      send();
    };
    expect(await cache.readText(KEY)).toMatchObject({ text: "" });
    await left;
  });

  it("that breaks off within an archive did not answer", async () => {
    answer = (response) => {
      response.writeHead(200, { "content-length": 1000 }).write("half", () => response.destroy());
    };
    await expect(bytesOf("nar/x.nar")).rejects.toMatchObject({
      code: "CACHE_UNREACHABLE",
      message: expect.stringContaining(cache.name),
    });
  });
});

it.each([
  ["before it answers", () => undefined],
  [
    "within an archive",
    (response: ServerResponse) => response.writeHead(200, { "content-length": 1000 }).write("half"),
  ],
])("a cache in S3 that falls silent %s is not waited for for ever", async (_, answering) => {
  answer = answering;
  const address = parseS3Address(new URL(`s3://team-cache?endpoint=${url}`), {});
  cache = openS3Cache(address, { silenceMs: 200 });
  await expect(bytesOf("nar/x.nar")).rejects.toMatchObject({
    code: "CACHE_UNREACHABLE",
    message: expect.stringContaining("ETIMEDOUT"),
    transient: true,
  });
});

describe("a cache in a directory", () => {
  beforeEach(() => open(directory));

  it("with a text without end has none", async () => {
    writeFileSync(join(directory, KEY), "");
    truncateSync(join(directory, KEY), 2 ** 40);
    expect(await cache.readText(KEY)).toMatchObject({ text: "" });
  });

  it("with directories in the places of files cannot be read", async () => {
    mkdirSync(join(directory, "nar/x.nar"), { recursive: true });
    const refused = { code: "CACHE_READ_FAILED", message: expect.stringContaining(directory) };
    await expect(bytesOf("nar/x.nar")).rejects.toMatchObject(refused);
    await expect(cache.readText("nar/x.nar")).rejects.toMatchObject(refused);
  });

  it("with pipes in the places of files cannot be read, and nobody waits for who writes into them", async () => {
    execFileSync("mkfifo", [join(directory, KEY), join(directory, "x.nar")]);
    const refused = { code: "CACHE_READ_FAILED", message: expect.stringContaining("not a file") };
    await expect(cache.readText(KEY)).rejects.toMatchObject(refused);
    await expect(bytesOf("x.nar")).rejects.toMatchObject(refused);
  });
});

describe("what answers in the place of S3", () => {
  beforeEach(() => open(`s3://team-cache?endpoint=${url}`));

  async function listed(xml: string): Promise<number> {
    answer = (response) => response.writeHead(200, { "content-type": "application/xml" }).end(xml);
    let objects = 0;
    for await (const _ of cache.contents?.list() ?? []) objects++;
    return objects;
  }

  function list(object: string, rest = "<IsTruncated>false</IsTruncated>"): string {
    return `<ListBucketResult>${rest}<Contents>${object}</Contents></ListBucketResult>`;
  }

  it("is a bucket when it lists what it has", async () => {
    expect(await listed(list("<Key>a</Key><Size>1</Size>"))).toBe(1);
    expect(await listed("<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>")).toBe(0);
  });

  it.each([
    ["a page for browsers", "<html><body>sorry</body></html>"],
    ["a size that is no number", list("<Key>a</Key><Size>large</Size>")],
    ["a time that is none", list("<Key>a</Key><Size>1</Size><LastModified>soon</LastModified>")],
    [
      "a part, and not where it goes on",
      list("<Key>a</Key><Size>1</Size>", "<IsTruncated>true</IsTruncated>"),
    ],
  ])("is none when it lists %s", async (_, xml) => {
    await expect(listed(xml)).rejects.toMatchObject({
      code: "CACHE_REFUSED",
      message: expect.stringContaining("not S3's"),
      hint: expect.stringContaining("endpoint"),
    });
  });

  it("is none when it says of an object that it was written at no time", async () => {
    answer = (response) => response.writeHead(200, { "last-modified": "soon" }).end();
    await expect(cache.find(KEY)).rejects.toMatchObject({
      code: "CACHE_REFUSED",
      message: expect.stringContaining("not S3's"),
    });
  });
});
