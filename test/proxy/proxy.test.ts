import { once } from "node:events";
import { type IncomingMessage, get } from "node:http";
import { connect } from "node:net";
import { buffer } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { EMPTY_LOCK } from "../../src/lock/schema.js";
import { openCache } from "../../src/proxy/cache/cache.js";
import { NOT_LOCKED } from "../../src/proxy/refusals.js";
import { formatLogEntry } from "../../src/proxy/log.js";
import type { ProxyOptions } from "../../src/proxy/options.js";
import { startProxy } from "../../src/proxy/proxy.js";
import { sampleBytes } from "../store/samples.js";
import { type RunningProxy, ask, gitlabError, runProxy } from "./running-proxy.js";

let running: RunningProxy;
let url: string;
beforeEach(async () => {
  running = await runProxy();
  url = running.url;
});
afterEach(() => running.close());

const BIG = sampleBytes(2_000_000, "big");

describe("a locked artifact", () => {
  it.each([
    ["small", Buffer.from("hello artifact\n")],
    ["big", BIG],
    ["empty", Buffer.alloc(0)],
  ])("is served as it is: %s", async (name, bytes) => {
    const path = await running.add(name, { bytes });
    const { status, headers, body, complete } = await ask(url, path);
    expect({ status, complete }).toEqual({ status: 200, complete: true });
    expect(body.equals(bytes)).toBe(true);
    expect(headers).toMatchObject({
      "content-length": String(bytes.length),
      "accept-ranges": "bytes",
      "content-type": "application/octet-stream",
    });
    expect(headers).not.toHaveProperty("content-encoding");
    expect(headers).not.toHaveProperty("transfer-encoding");
  });

  it("is served as its bytes when its hash is that of the NAR", async () => {
    const path = await running.add("program", { bytes: BIG, form: "executable" });
    const { status, body } = await ask(url, path);
    expect(status).toBe(200);
    expect(body.equals(BIG)).toBe(true);
  });

  it("is described to HEAD without asking GitLab", async () => {
    const path = await running.add("tool", { bytes: BIG });
    const { status, headers, body } = await ask(url, path, { method: "HEAD" });
    expect({ status, length: headers["content-length"], body: body.length }).toEqual({
      status: 200,
      length: "2000000",
      body: 0,
    });
    expect(running.upstream.requests).toEqual([]);
  });

  it.each([0, 1, 64_000, 65_536, 1_999_999])("is continued from byte %d", async (first) => {
    const path = await running.add("tool", { bytes: BIG });
    const { status, headers, body } = await ask(url, path, { headers: { range: `bytes=${first}-` } });
    expect(status).toBe(206);
    expect(headers["content-range"]).toBe(`bytes ${first}-1999999/2000000`);
    expect(headers["content-length"]).toBe(String(2_000_000 - first));
    expect(body.equals(BIG.subarray(first))).toBe(true);
  });

  it.each(["bytes=5-0", "bytes=-", "bytes=1-,3-", "bytes=x-", "lines=1-", `bytes=${"9".repeat(30)}-`])(
    "is sent whole for a range that is not understood: %s",
    async (range) => {
      const path = await running.add("tool", { bytes: BIG });
      const { status, body } = await ask(url, path, { headers: { range } });
      expect(status).toBe(200);
      expect(body.equals(BIG)).toBe(true);
    },
  );

  it.each([
    ["bytes=0-5", 0, 6],
    ["bytes=1999990-9999999", 1_999_990, 2_000_000],
    ["bytes=-10", 1_999_990, 2_000_000],
    ["bytes=-9999999", 0, 2_000_000],
  ])("is given in part: %s", async (range, start, end) => {
    const path = await running.add("tool", { bytes: BIG });
    const { status, headers, body } = await ask(url, path, { headers: { range } });
    expect(status).toBe(206);
    expect(headers["content-range"]).toBe(`bytes ${start}-${end - 1}/2000000`);
    expect(body.equals(BIG.subarray(start, end))).toBe(true);
  });

  it.each([
    ["its tag", (etag: string) => etag],
    ["its tag as a weak one", (etag: string) => `W/${etag}`],
    ["its tag among others", (etag: string) => `"x", ${etag},"y"`],
    ["anything", () => "*"],
  ])("is not sent to who has it already: %s", async (_, tags) => {
    const path = await running.add("tool", { bytes: BIG });
    const { headers } = await ask(url, path, { method: "HEAD" });
    const condition = { "if-none-match": tags(String(headers.etag)), range: "bytes=5-" };
    for (const method of ["GET", "HEAD"]) {
      const again = await ask(url, path, { method, headers: condition });
      expect({ status: again.status, length: again.body.length }).toEqual({ status: 304, length: 0 });
    }
    expect((await ask(url, path, { headers: { "if-none-match": '"x"' } })).body.equals(BIG)).toBe(true);
  });

  it("is continued only for who has the beginning of the same bytes, and described as a whole", async () => {
    const path = await running.add("tool", { bytes: BIG });
    const range = "bytes=1000000-";
    const { status, headers } = await ask(url, path, { method: "HEAD", headers: { range } });
    expect({ status, length: headers["content-length"] }).toEqual({ status: 200, length: "2000000" });
    const statusFor = async (tag: string) =>
      (await ask(url, path, { headers: { range, "if-range": tag } })).status;
    expect(await statusFor(String(headers.etag))).toBe(206);
    for (const other of ['"x"', `W/${headers.etag}`, "Sat, 28 Nov 2026 12:00:00 GMT"])
      expect(await statusFor(other)).toBe(200);
  });

  it("has nothing beyond its end", async () => {
    const path = await running.add("tool", { bytes: BIG });
    const { status, headers } = await ask(url, path, { headers: { range: "bytes=2000000-" } });
    expect(status).toBe(416);
    expect(headers["content-range"]).toBe("bytes */2000000");
    expect(running.upstream.requests).toEqual([]);
  });

  it("is found by the lock as it is at the time of the request", async () => {
    const path = await running.add("tool", { bytes: BIG });
    const locked = running.lock();
    running.lock = () => EMPTY_LOCK;
    expect((await ask(url, path)).status).toBe(404);
    running.lock = () => locked;
    expect((await ask(url, path)).status).toBe(200);
  });
});

describe("bytes that are not the locked ones", () => {
  it("never make a complete answer", async () => {
    const path = await running.add("tool", { bytes: BIG });
    const evil = Buffer.from(BIG);
    evil[0] = (evil[0] ?? 0) ^ 1;
    let sendRest = () => {};
    running.upstream.serve("/tool", (_, response) => {
      response.writeHead(200, { "content-length": BIG.length }).write(evil.subarray(0, 1_000_000));
      sendRest = () => void response.end(evil.subarray(1_000_000));
    });
    const answer = await fetch(url + path);
    expect(answer.status).toBe(200);
    sendRest();
    await expect(answer.arrayBuffer()).rejects.toThrow("terminated");
    await vi.waitFor(() =>
      expect(running.logged).toContainEqual(
        expect.objectContaining({
          level: "error",
          event: "failed",
          artifact: "tool",
          error: expect.stringContaining("same job id, other bytes"),
        }),
      ),
    );
  });

  it("never complete a continued answer, even if what is sent of them is right", async () => {
    const path = await running.add("tool", { bytes: BIG });
    const evil = Buffer.from(BIG);
    evil[0] = (evil[0] ?? 0) ^ 1;
    running.upstream.serve("/tool", evil);
    const { status, complete } = await ask(url, path, { headers: { range: "bytes=1000000-" } });
    // Whether it is told before or after the head depends on how fast the rest arrived.
    expect([
      { status: 206, complete: false },
      { status: 424, complete: true },
    ]).toContainEqual({ status, complete });
  });

  it("are refused with a reason as long as nothing has been sent", async () => {
    const path = await running.add("tool", { bytes: Buffer.from("good") });
    running.upstream.serve("/tool", Buffer.from("evil"));
    const { status, body, complete } = await ask(url, path);
    expect({ status, complete }).toEqual({ status: 424, complete: true });
    expect(body.toString()).toMatch(/^tool: same job id, other bytes: job 12 of g\/tool: .*\n$/);
  });

  it("never make a complete answer of a part that is right", async () => {
    const path = await running.add("tool", { bytes: BIG });
    const evil = Buffer.from(BIG);
    evil[1_999_999] = (evil[1_999_999] ?? 0) ^ 1;
    running.upstream.serve("/tool", evil);
    const { status } = await ask(url, path, { headers: { range: "bytes=0-5" } });
    expect(status).toBe(424);
  });

  it.each([
    ["shorter", 1_999_999],
    ["longer", 2_000_001],
  ])("are noticed when they are %s, without a declared length", async (_, length) => {
    const path = await running.add("tool", { bytes: BIG });
    running.upstream.serve("/tool", (_, response) =>
      response.writeHead(200).end(Buffer.concat([BIG, Buffer.from("x")]).subarray(0, length)),
    );
    const { status, complete, body } = await ask(url, path);
    // Whether it is told before or after the head depends on how fast the rest arrived.
    expect([
      { status: 200, complete: false },
      { status: 424, complete: true },
    ]).toContainEqual({ status, complete });
    expect(body.length).toBeLessThan(BIG.length);
  });

  it("do not complete when GitLab breaks off", async () => {
    const path = await running.add("tool", { bytes: BIG });
    running.upstream.serve("/tool", (_, response) => {
      response.writeHead(200, { "content-length": BIG.length });
      response.write(BIG.subarray(0, 1_000_000), () => response.destroy());
    });
    const { status, complete } = await ask(url, path);
    expect(status === 200 && complete).toBe(false);
    await vi.waitFor(() => expect(running.logged.at(-1)).toMatchObject({ level: "error", event: "failed" }));
  });
});

describe("anything that is not locked", () => {
  it.each([
    ["another hash", (path: string) => path.replace(/[0-9a-f]{64}/, "0".repeat(64))],
    ["another job", (path: string) => path.replace("/12/", "/13/")],
    ["another project", (path: string) => path.replace("/7/", "/8/")],
    ["another host", (path: string) => path.replace("gitlab.example.com", "gitlab.example.org")],
    ["another name", (path: string) => path.replace("tool.bin", "tool.zip")],
    ["a query", (path: string) => `${path}?private_token=x`],
    ["a doubled slash", (path: string) => `/${path}`],
    ["a full URL", (path: string) => `https://gitlab.example.com${path}`],
    ["the root", () => "/"],
    ["a file of the machine", () => "/../../etc/passwd"],
    ["the GitLab API", () => "/api/v4/projects/7/jobs/12/artifacts"],
    ["a prototype's member", () => "/__proto__"],
  ])("does not exist: %s", async (_, change) => {
    const path = await running.add("tool", { bytes: BIG });
    const { status, body } = await ask(url, change(path));
    expect(status).toBe(404);
    expect(body.toString()).toMatch(/^not in the artifacts\.lock\.json of this proxy: .*\n$/);
    expect(running.upstream.requests).toEqual([]);
  });

  it("is logged in one line without its query", async () => {
    const { headers } = await ask(url, "/x%0ay?private_token=canary");
    expect(running.logged.map(formatLogEntry)).toContain(
      `level=warn event=refused status=404 method=GET path=/x%0ay id=${headers["x-request-id"]} error="${NOT_LOCKED.text}"`,
    );
    await ask(url, "/glpat-aBcDeFgHiJkLmNoPqRsT");
    expect(running.logged.map(formatLogEntry).at(-1)).toContain(String.raw`path="/[secret]"`);
  });
});

describe("a request that is not a proxy client's", () => {
  it.each(["POST", "PUT", "DELETE", "OPTIONS", "PATCH"])("is refused: %s", async (method) => {
    const path = await running.add("tool", { bytes: BIG });
    const { status, headers } = await ask(url, path, { method });
    expect({ status, allow: headers.allow }).toEqual({ status: 405, allow: "GET, HEAD" });
  });

  it.each([
    "evil.example",
    "evil.example:PORT",
    "127.0.0.1:1",
    "127.0.0.1.evil.example:PORT",
    "127.0.0.1",
    "",
    "0.0.0.0:PORT",
  ])('is refused under another name, as DNS rebinding gives it: "%s"', async (host) => {
    const path = await running.add("tool", { bytes: BIG });
    const { status, body } = await ask(url, path, {
      setHost: false,
      headers: { host: host.replace("PORT", new URL(url).port) },
    });
    expect(status).toBe(421);
    expect(body.toString()).toBe(`ask this proxy by its address: ${url}\n`);
  });

  it.each(["127.0.0.1:PORT", "localhost:PORT", "LOCALHOST:PORT", "[::1]:PORT"])(
    "is served under %s",
    async (host) => {
      const path = await running.add("tool", { bytes: BIG });
      const headers = { host: host.replace("PORT", new URL(url).port) };
      expect((await ask(url, path, { method: "HEAD", setHost: false, headers })).status).toBe(200);
    },
  );
});

describe("a request with more than it should have", () => {
  it.each([
    ["of another site's page", { "sec-fetch-site": "cross-site" }, 403],
    ["of a page with an origin", { origin: "https://evil.example" }, 403],
    ["with a body", { "content-length": "5" }, 413],
    ["with a body of unknown length", { "transfer-encoding": "chunked" }, 413],
  ])("is refused: %s", async (_, headers, status) => {
    const path = await running.add("tool", { bytes: BIG });
    expect((await ask(url, path, { headers })).status).toBe(status);
    expect(running.upstream.requests).toEqual([]);
  });

  it("is refused with a header without end", async () => {
    const path = await running.add("tool", { bytes: BIG });
    expect((await ask(url, path, { headers: { x: "x".repeat(20_000) } })).status).toBe(431);
  });
});

describe("a failure of GitLab", () => {
  it.each([
    ["GITLAB_UNAUTHORIZED", { status: 401 }, 403],
    ["GITLAB_FORBIDDEN", { status: 403 }, 403],
    ["GITLAB_ARTIFACTS_NOT_FOUND", { status: 404 }, 404],
    ["GITLAB_RATE_LIMITED", { status: 429, transient: true }, 503],
    ["GITLAB_UNAVAILABLE", { status: 500, transient: true }, 502],
    ["GITLAB_UNAVAILABLE", { status: 503, transient: true }, 503],
    ["GITLAB_UNREACHABLE", { transient: true }, 502],
    ["GITLAB_TIMEOUT", { transient: true }, 504],
    ["GITLAB_TLS", {}, 424],
    ["GITLAB_SIGN_IN", { status: 200 }, 424],
    ["CREDENTIALS_UNBOUND", {}, 424],
  ])("%s %j is told as %d, in one line", async (code, details, status) => {
    const path = await running.add("tool", { bytes: BIG });
    running.failWith(gitlabError(code, details));
    const answer = await ask(url, path);
    expect(answer.status).toBe(status);
    expect(answer.body.toString()).toBe("GitLab said no. No token was sent. (log in)\n");
  });

  it("that is a bug of ours shows nothing of itself to the client", async () => {
    const path = await running.add("tool", { bytes: BIG });
    running.failWith(new TypeError("canary"));
    const { status, body } = await ask(url, path);
    expect({ status, body: body.toString() }).toEqual({
      status: 500,
      body: "the proxy failed: see its log\n",
    });
    expect(running.logged.map(formatLogEntry).join("\n")).toContain("TypeError: canary");
  });
});

describe("a client that goes away", () => {
  it("ends the download", async () => {
    const path = await running.add("tool", { bytes: BIG });
    running.upstream.serve("/tool", (_, response) => {
      response.writeHead(200, { "content-length": BIG.length });
      response.write(BIG.subarray(0, 1_000_000));
    });
    const asking = get(url + path, { agent: false });
    const [response] = await once(asking, "response");
    response.once("data", () => asking.destroy());
    response.on("error", () => {});
    await vi.waitFor(() => expect(running.upstream.open()).toBe(0));
    await vi.waitFor(() => expect(running.logged.map(({ event }) => event)).toContain("aborted"));
  });

  it("ends the download also before GitLab has answered", async () => {
    const path = await running.add("tool", { bytes: BIG });
    running.upstream.serve("/tool", () => {});
    const asking = get(url + path, { agent: false });
    asking.on("error", () => {});
    await vi.waitFor(() => expect(running.upstream.open()).toBe(1));
    asking.destroy();
    await vi.waitFor(() => expect(running.upstream.open()).toBe(0));
  });

  it("leaves the download to those who wait for it, too", async () => {
    const path = await running.add("tool", { bytes: BIG });
    let finish = () => {};
    running.upstream.serve("/tool", (_, response) => {
      response.writeHead(200, { "content-length": BIG.length });
      response.write(BIG.subarray(0, 1_000_000));
      finish = () => response.end(BIG.subarray(1_000_000));
    });
    const first = get(url + path, { agent: false });
    const [response] = await once(first, "response");
    response.on("error", () => {});
    const second = get(url + path, { agent: false });
    const [other] = (await once(second, "response")) as [IncomingMessage]; // node's own event
    first.destroy();
    await vi.waitFor(() => expect(running.logged.map(({ event }) => event)).toContain("aborted"));
    finish();
    expect((await buffer(other)).equals(BIG)).toBe(true);
    expect(running.upstream.requests).toEqual(["/tool"]);
  });

  it("that reads nothing holds nobody up", async () => {
    const huge = sampleBytes(32 * 1024 * 1024, "huge");
    const path = await running.add("tool", { bytes: huge });
    const { hostname, port } = new URL(url);
    const idle = connect(Number(port), hostname);
    idle.pause();
    idle.write(`GET ${path} HTTP/1.1\r\nHost: ${hostname}:${port}\r\n\r\n`);
    await vi.waitFor(() => expect(running.upstream.open()).toBe(1), { interval: 1 });
    expect((await ask(url, path)).body.equals(huge)).toBe(true);
    expect(running.upstream.requests).toEqual(["/tool"]);
    idle.destroy();
  });
});

describe("many clients at once", () => {
  it("share one download, and all get all of it", async () => {
    const bytes = BIG.subarray(0, 300_000);
    const path = await running.add("tool", { bytes });
    const answers = await Promise.all(Array.from({ length: 500 }, () => ask(url, path)));
    expect(answers.filter(({ body, complete }) => complete && body.equals(bytes))).toHaveLength(500);
    expect(running.upstream.requests).toEqual(["/tool"]);
  });

  it("are all told when it fails, and the next one is tried anew", async () => {
    const path = await running.add("tool", { bytes: Buffer.from("good") });
    running.upstream.serve("/tool", Buffer.from("evil"));
    const answers = await Promise.all([ask(url, path), ask(url, path), ask(url, path)]);
    expect(answers.map(({ status }) => status)).toEqual([424, 424, 424]);
    running.upstream.serve("/tool", Buffer.from("good"));
    expect((await ask(url, path)).status).toBe(200);
  });
});

describe("startProxy", () => {
  let options: Pick<ProxyOptions, "locks" | "log" | "cache">;
  beforeEach(async () => {
    const cache = await openCache({ directory: running.directory, maxBytes: 1, log: () => {} });
    options = { cache, locks: () => [EMPTY_LOCK], log: () => {} };
  });

  it.each(["0.0.0.0", "::", "192.0.2.1", "example.com", "", "127.0.0.1.example.com"])(
    'refuses to listen beyond this machine: "%s"',
    async (host) => {
      const starting = startProxy({
        ...options,
        gitlab: running.upstream.gitlab,
        listeners: [{ host, port: 0 }],
      });
      await expect(starting).rejects.toMatchObject({ code: "PROXY_NOT_LOOPBACK", exitCode: 2 });
    },
  );

  it.each(["127.0.0.1", "127.1.2.3", "localhost", "::1", "[::1]"])("listens on %s", async (host) => {
    const { gitlab } = running.upstream;
    const proxy = await startProxy({ ...options, gitlab, listeners: [{ host, port: 0 }] });
    expect((await ask(proxy.urls[0] ?? "", "/")).status).toBe(404);
    await proxy.close();
  });

  it("says that the port is taken", async () => {
    const { gitlab } = running.upstream;
    const listeners = [{ host: "127.0.0.1", port: Number(new URL(url).port) }];
    await expect(startProxy({ ...options, gitlab, listeners })).rejects.toMatchObject({
      code: "PROXY_CANNOT_LISTEN",
      message: expect.stringContaining("EADDRINUSE"),
    });
  });
});

describe("close", () => {
  it("lets a running answer finish and takes no new request", async () => {
    const path = await running.add("tool", { bytes: BIG });
    let finish = () => {};
    running.upstream.serve("/tool", (_, response) => {
      response.writeHead(200, { "content-length": BIG.length });
      response.write(BIG.subarray(0, 1_000_000));
      finish = () => response.end(BIG.subarray(1_000_000));
    });
    const asking = ask(url, path);
    await vi.waitFor(() => expect(running.upstream.open()).toBe(1));
    const closing = running.proxy.close();
    await expect(ask(url, path)).rejects.toThrow("ECONNREFUSED");
    finish();
    const { complete, body } = await asking;
    expect(complete && body.equals(BIG)).toBe(true);
    await closing;
  });
});
