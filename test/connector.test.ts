/** Answers that end together with the connection, before a reader who takes its time has seen their last bytes. */
import { once } from "node:events";
import { type AddressInfo, type Socket, createServer } from "node:net";
import { buffer } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, onTestFinished, test } from "vitest";
import { openHttpCache } from "../src/cache/http-cache.js";
import { ANONYMOUS } from "../src/credentials/credentials.js";
import { connect, failure } from "./gitlab/test-client.js";
import { sampleBytes } from "./store/samples.js";

/** Multiples of what a body keeps for its reader, and what is none. */
const SIZES = [131_072, 131_172, 400_000, 1_310_720];

type End = (socket: Socket) => void;
const inOrder: End = (socket) => void socket.end();
const reset: End = (socket) => void setTimeout(() => socket.resetAndDestroy(), 50);

/** How the length of a body is told. */
const FRAMINGS = {
  "with its length": (bytes: Uint8Array) => [`content-length: ${bytes.length}`, bytes] as const,
  "in chunks": (bytes: Uint8Array) => ["transfer-encoding: chunked", inOneChunk(bytes)] as const,
  "by the end": (bytes: Uint8Array) => ["x-length: none", bytes] as const,
};

function inOneChunk(bytes: Uint8Array): Uint8Array {
  return Buffer.concat([
    Buffer.from(`${bytes.length.toString(16)}\r\n`),
    bytes,
    Buffer.from("\r\n0\r\n\r\n"),
  ]);
}

interface LastAnswer {
  readonly line: string;
  readonly body: Uint8Array;
  readonly end: End;
}

/** Gives the same answer to everybody, as the last one of the connection. */
async function serveLast({ line, body, end }: LastAnswer): Promise<{ url: string; requests: () => number }> {
  let requests = 0;
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", () => {
      requests++;
      socket.write(`HTTP/1.1 200 OK\r\n${line}\r\nconnection: close\r\n\r\n`);
      socket.write(body, () => end(socket));
    });
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo; // listens on TCP
  return { url: `http://127.0.0.1:${port}/file`, requests: () => requests };
}

/** Lets the connection end after the first bytes. */
async function* slowly(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let first = true;
  for await (const chunk of body) {
    yield chunk;
    if (first) await sleep(200);
    first = false;
  }
}

async function download(url: string): Promise<Buffer> {
  const { body } = await connect({ credentials: ANONYMOUS }).download(url);
  return buffer(slowly(body));
}

describe.each(Object.entries(FRAMINGS))("a body whose length is told %s", (_, framed) => {
  test.each(SIZES)("of %i bytes is taken to its end from a server that closes at once", async (size) => {
    const bytes = sampleBytes(size, "last");
    const [line, body] = framed(bytes);
    const { url, requests } = await serveLast({ line, body, end: inOrder });
    expect((await download(url)).equals(bytes)).toBe(true);
    expect(requests()).toBe(1);
  });
});

describe.each(["with its length", "in chunks"] as const)("a body whose length is told %s", (framing) => {
  test.each([
    ["closes", inOrder],
    ["resets", reset],
  ])("fails for its reader alone when the server %s in the middle", async (_, end) => {
    const [line, body] = FRAMINGS[framing](sampleBytes(400_000, "last"));
    const { url } = await serveLast({ line, body: body.subarray(0, 131_072), end });
    expect((await failure(download(url))).code).toBe("GITLAB_TRUNCATED");
  });
});

test("an archive of a binary cache that closes at once is taken to its end", async () => {
  const bytes = sampleBytes(131_072, "archive");
  const [line, body] = FRAMINGS["with its length"](bytes);
  const { url } = await serveLast({ line, body, end: inOrder });
  const cache = openHttpCache(new URL(".", url), { credentials: ANONYMOUS });
  onTestFinished(() => cache.close());
  const archive = (await cache.read("file")) ?? expect.fail("there is none");
  expect((await buffer(slowly(archive))).equals(bytes)).toBe(true);
});
