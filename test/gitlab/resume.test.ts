/** Downloads that break off: what is asked next, and what is believed of the answer. */
import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import { describe, expect, test } from "vitest";
import { ANONYMOUS } from "../../src/credentials/credentials.js";
import { CannotContinue } from "../../src/gitlab/download.js";
import type { DownloadOptions } from "../../src/gitlab/gitlab.js";
import { startGitLab } from "../../src/simulator/simulator.js";
import { sampleBytes } from "../store/samples.js";
import { type TestServer, serve } from "./http-server.js";
import { canaryFor, CANARY, connect, failure } from "./test-client.js";

const ARCHIVE = "/api/v4/projects/1/jobs/2/artifacts";
const BYTES = sampleBytes(10_000, "resume");
const STRONG = { etag: `"${createHash("sha256").update(BYTES).digest("hex")}"` };

type Answering = (request: IncomingMessage, response: ServerResponse) => void;

/** All of the bytes are promised, and `end` of them come. */
const breakAt =
  (end: number, headers: Record<string, string>): Answering =>
  (_, response) => {
    response.writeHead(200, { "content-length": BYTES.length, ...headers });
    response.write(BYTES.subarray(0, end), () => setImmediate(() => response.destroy()));
  };

/** The part that is asked for, whatever the condition is. */
const rest =
  (headers: Record<string, string>, bytes: Uint8Array = BYTES): Answering =>
  ({ headers: { range = "" } }, response) => {
    const from = Number(/^bytes=(\d+)-$/.exec(range)?.[1]);
    const part = { "content-range": `bytes ${from}-${bytes.length - 1}/${bytes.length}` };
    response.writeHead(206, { "content-length": bytes.length - from, ...part, ...headers });
    response.end(bytes.subarray(from));
  };

const whole =
  (bytes: Uint8Array = BYTES): Answering =>
  (_, response) =>
    response.writeHead(200, { "content-length": bytes.length }).end(bytes);

/** Answers one request after the other; the last answer stays. */
function serveInTurn(...answers: readonly Answering[]): Promise<TestServer> {
  let next = 0;
  return serve((request, response) => answers[Math.min(next++, answers.length - 1)]?.(request, response));
}

async function read({ url }: TestServer, options: DownloadOptions = {}): Promise<Buffer> {
  const { body } = await connect({ credentials: ANONYMOUS }).download(`${url}${ARCHIVE}`, options);
  return buffer(body);
}

const asked = ({ requests }: TestServer) =>
  requests.map(({ headers }) => [headers.range, headers["if-range"]]);

describe("a download that breaks off", () => {
  test("asks for the rest of the object that its strong tag names", async () => {
    const server = await serveInTurn(breakAt(3000, STRONG), rest(STRONG));
    expect((await read(server)).equals(BYTES)).toBe(true);
    expect(asked(server)).toEqual([
      [undefined, undefined],
      ["bytes=3000-", STRONG.etag],
    ]);
  });

  test("asks by date when there is no tag, but not by a date of just now", async () => {
    const date = new Date(Date.now() - 3_600_000).toUTCString();
    const old = await serveInTurn(breakAt(3000, { "last-modified": date }), rest({ "last-modified": date }));
    expect((await read(old)).equals(BYTES)).toBe(true);
    expect(asked(old)[1]).toEqual(["bytes=3000-", date]);
    const fresh = await serveInTurn(breakAt(3000, { "last-modified": new Date().toUTCString() }));
    await expect(read(fresh)).rejects.toBeInstanceOf(CannotContinue);
  });

  test.each([
    ["after its last byte", BYTES.length],
    ["in the middle", 3000],
  ])("without having told its length, %s, is taken up and ends", async (_, end) => {
    const part = rest(STRONG);
    const server = await serveInTurn(
      (_, response) => {
        response.writeHead(200, STRONG);
        response.write(BYTES.subarray(0, end), () => setImmediate(() => response.destroy()));
      },
      (request, response) => {
        if (request.headers.range === `bytes=${BYTES.length}-`) response.writeHead(416, STRONG).end();
        else part(request, response);
      },
    );
    expect((await read(server)).equals(BYTES)).toBe(true);
    expect(server.requests).toHaveLength(2);
  });

  test.each([
    ["a weak tag", { etag: 'W/"1"' }],
    ["the tag that GitLab gives to everything", { etag: 'W/"12ae32cb1ec02d01eda3581b127c1fee"' }],
    ["the same, made strong on the way", { etag: '"12ae32cb1ec02d01eda3581b127c1fee"' }],
    ["nothing", {}],
  ])("is not taken up on the word of %s", async (_, headers: Record<string, string>) => {
    const server = await serveInTurn(breakAt(3000, headers), rest(headers));
    const error = await failure(read(server));
    expect(error).toBeInstanceOf(CannotContinue);
    expect(error.message).toContain("sent 3000 of 10000 bytes, then ");
    expect(server.requests).toHaveLength(1);
  });

  test("of which the reader knows the hash goes on with a new body from the same place", async () => {
    const server = await serveInTurn(breakAt(3000, {}), breakAt(2999, {}), breakAt(9999, {}), whole());
    const gitlab = connect({ credentials: ANONYMOUS, retry: { retries: 3, firstPauseMs: 0 } });
    const { body } = await gitlab.download(`${server.url}${ARCHIVE}`, { verified: true });
    expect((await buffer(body)).equals(BYTES)).toBe(true);
    expect(server.requests).toHaveLength(4);
  });

  test.each([
    ["another object answers in full", whole(sampleBytes(10_000, "other"))],
    ["the rest is of an object of another size", rest(STRONG, sampleBytes(10_001, "longer"))],
  ])("ends when %s", async (_, answer) => {
    const server = await serveInTurn(breakAt(3000, STRONG), answer);
    await expect(read(server)).rejects.toBeInstanceOf(CannotContinue);
    expect(server.requests).toHaveLength(2);
  });

  test.each([
    ["a rest with another tag", rest({ etag: '"other"' })],
    ["another part", breakAtPart()],
  ])("refuses %s", async (_, answer) => {
    const server = await serveInTurn(breakAt(3000, STRONG), answer);
    const error = await failure(read(server));
    expect(error.message).toContain("with another part than the one that was asked for");
  });

  test("again and again without coming further fails", async () => {
    const server = await serveInTurn(breakAt(3000, STRONG), (request, response) => {
      const from = Number(/\d+/.exec(request.headers.range ?? "")?.[0]);
      const range = `bytes ${from}-${BYTES.length - 1}/${BYTES.length}`;
      response.writeHead(206, { "content-length": BYTES.length - from, "content-range": range, ...STRONG });
      response.write(BYTES.subarray(from, from + 1), () => setImmediate(() => response.destroy()));
    });
    const error = await failure(read(server));
    expect(error.code).toBe("GITLAB_TRUNCATED");
    expect(error.message).toContain("of 10000 bytes, then ");
    expect(server.requests).toHaveLength(3);
  });
});

function breakAtPart(): Answering {
  return (_, response) => {
    const range = `bytes 0-${BYTES.length - 1}/${BYTES.length}`;
    response.writeHead(206, { "content-length": BYTES.length, "content-range": range, ...STRONG }).end(BYTES);
  };
}

test("a signature that expires on the way is renewed by GitLab, and the storage sees no token", async () => {
  let now = new Date("2026-11-20T12:00:00Z");
  const gitlab = await startGitLab({ now: () => now, knobs: { presignTtlSeconds: 60 } });
  try {
    gitlab.addToken({ token: CANARY, kind: "personal", scopes: ["read_api"] });
    gitlab.addProject({ path: "g/app", visibility: "private" });
    const { id } = gitlab.addPipeline("g/app", { ref: "main", createdAt: "2026-11-01T00:00:00Z" });
    const job = gitlab.addJob("g/app", id, {
      name: "build",
      createdAt: "2026-11-01T00:00:00Z",
      artifacts: { files: { big: { size: 4_000_000, seed: 1 } } },
    });
    const url = `${gitlab.url}/api/v4/projects/1/jobs/${job.id}/artifacts`;
    const client = connect({ credentials: canaryFor(gitlab.url) });
    const right = await buffer((await client.download(url)).body);
    gitlab.fault({ path: "/artifacts", kind: "reset", afterBytes: 1_000_000, times: 1 });
    const { body } = await client.download(url);
    now = new Date("2026-11-20T12:05:00Z");

    expect((await buffer(body)).equals(right)).toBe(true);
    expect(gitlab.storageRequests.map(({ status }) => status)).toEqual([200, 200, 206]);
    expect(gitlab.leaks).toEqual([]);
  } finally {
    await gitlab.close();
  }
});
