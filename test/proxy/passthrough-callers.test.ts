/** What one caller may have and another may not, through real sockets: by every path, whole and in part, cached and on its way. */
import { once } from "node:events";
import { type IncomingMessage, get } from "node:http";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { MEMBER, type RunningPassthrough, STRANGER, basic, runPassthrough } from "./running-passthrough.js";

const [MAY, MAY_NOT] = [basic("me", MEMBER), basic("me", STRANGER)];
/** As a request may ask for less than the whole. */
const WAYS = [
  ["the whole", {}],
  ["its head", { method: "HEAD" }],
  ["a part", { headers: { range: "bytes=0-9" } }],
  ["the last byte", { headers: { range: "bytes=-1" } }],
  ["what is beyond its end", { headers: { range: "bytes=999999999-" } }],
  ["whether it is still the same", { headers: { "if-none-match": "*" } }],
] as const;
const MINUTE = 60_000;

let running: RunningPassthrough;
afterEach(async () => {
  vi.restoreAllMocks();
  await running.close();
});

/** The clock of the decisions goes on by itself otherwise. */
function pass(ms: number): void {
  const then = performance.now();
  vi.spyOn(performance, "now").mockImplementation(() => then + ms);
}

/** Whatever is asked for, a stranger learns no more than of what is not there. */
async function expectNothingFor(authorization: string): Promise<void> {
  for (const path of running.paths) {
    for (const [way, options] of WAYS) {
      const answer = await running.askAs(authorization, path, options);
      expect({ path, way, status: answer.status }).toEqual({ path, way, status: 404 });
      expect(answer.headers).not.toHaveProperty("etag");
      expect(answer.headers).not.toHaveProperty("content-range");
      expect(answer.body.toString("latin1")).not.toContain(running.variant.hash);
      expect(answer.body.includes(running.bytes.subarray(100, 120))).toBe(false);
    }
  }
}

describe("what a member has fetched", () => {
  beforeEach(async () => {
    running = await runPassthrough();
    const { body } = await running.askAs(MAY);
    expect(body.equals(running.bytes)).toBe(true);
    await vi.waitFor(async () => {
      await running.askAs(MAY);
      expect(running.logged).toContainEqual(expect.objectContaining({ event: "served", from: "cache" }));
    });
  });

  it("is on the disk, and a stranger gets nothing of it", () => expectNothingFor(MAY_NOT));

  it("a member gets again in every way", async () => {
    for (const path of running.paths) {
      for (const [way, options] of WAYS.slice(0, 3)) {
        const { status } = await running.askAs(MAY, path, options);
        expect({ path, way, good: status === 200 || status === 206 }).toEqual({ path, way, good: true });
      }
    }
  });

  it("the very member does not get a minute after GitLab has revoked the token", async () => {
    running.gitlab.state.tokens.delete(MEMBER);
    expect((await running.askAs(MAY)).status).toBe(200); // GitLab's "yes" counts for a minute
    pass(MINUTE + 1);
    for (const path of running.paths) {
      const { status, body } = await running.askAs(MAY, path);
      expect({ path, status }).toEqual({ path, status: 403 });
      expect(body.includes(running.bytes.subarray(100, 120))).toBe(false);
    }
  });

  it("is served to who was let in within the minute while GitLab is down; to others GitLab has to say yes", async () => {
    running.gitlab.fault({ kind: "reset", path: "/" });
    for (const path of running.paths) expect((await running.askAs(MAY, path)).status).toBe(200);
    expect((await running.askAs(MAY_NOT)).status).toBe(502);
    pass(MINUTE + 1);
    const { status, body } = await running.askAs(MAY);
    expect(status).toBeGreaterThanOrEqual(502);
    expect(body.includes(running.bytes.subarray(100, 120))).toBe(false);
  });
});

describe("what a member is fetching", () => {
  const SIZE = 4_000_000;

  it("a stranger gets nothing of", async () => {
    running = await runPassthrough({ size: SIZE });
    running.gitlab.fault({ path: "/artifacts", kind: "stalled", afterBytes: 1_000_000, times: 2 });
    const asking = get(running.url + running.path, { agent: false, headers: { authorization: MAY } });
    const [response] = (await once(asking, "response")) as [IncomingMessage]; // node's own event
    response.on("error", () => {});
    await once(response, "readable");
    await expectNothingFor(MAY_NOT);
    response.destroy();
  });

  it("is gone on with when the link of the storage has expired in mid-download", async () => {
    let late = () => false;
    const now = () => new Date(late() ? "2026-11-20T12:05:00Z" : "2026-11-20T12:00:00Z");
    running = await runPassthrough({ size: SIZE, now });
    const { gitlab, bytes } = running;
    const [asked, stored] = [gitlab.requests.length, gitlab.storageRequests.length];
    late = () => gitlab.storageRequests.length >= stored + 2; // one to admit the caller, one that breaks off
    gitlab.fault({ path: "/artifacts", kind: "reset", afterBytes: 1_000_000, times: 2 });
    expect((await running.askAs(MAY)).body.equals(bytes)).toBe(true);
    expect(gitlab.requests.slice(asked).map(({ status }) => status)).toEqual([302, 302, 302]);
    expect(gitlab.storageRequests.at(-1)?.status).toBe(206);
    expect(gitlab.leaks).toEqual([]);
  });
});

describe("when GitLab is slow to say yes", () => {
  beforeEach(async () => {
    running = await runPassthrough();
  });

  it("too many requests and failures that pass are waited out, and the caller does not notice", async () => {
    running.gitlab.fault({
      path: "/artifacts",
      kind: "rate-limited",
      shape: "rack",
      retryAfter: 1,
      times: 1,
    });
    running.gitlab.fault({ path: "/artifacts", kind: "bad-gateway", times: 1 });
    const before = running.gitlab.requests.length;
    const { status, body } = await running.askAs(MAY);
    expect({ status, right: body.equals(running.bytes) }).toEqual({ status: 200, right: true });
    const statuses = running.gitlab.requests.slice(before).map((one) => one.status);
    expect(statuses).toEqual([429, 502, 302, 302]); // to admit the caller, and to download
  });

  it("too many requests that stay are told as 503, never as 429, and no other caller is kept from asking", async () => {
    running.gitlab.fault({ path: "/artifacts", kind: "rate-limited", shape: "application" });
    for (let request = 0; request < 4; request++) expect((await running.askAs(MAY)).status).toBe(503);
    running.gitlab.clearFaults();
    expect((await running.askAs(basic("gitlab-ci-token", MEMBER))).status).toBe(403);
    expect((await running.askAs(MAY)).status).toBe(200);
  });

  it("a GitLab that is down is left alone", async () => {
    running.gitlab.fault({ kind: "reset", path: "/" });
    for (let request = 0; request < 3; request++) expect((await running.askAs(MAY)).status).toBe(502);
    const before = running.gitlab.requests.length;
    const { status, body } = await running.askAs(MAY);
    expect({ status, text: body.toString() }).toEqual({
      status: 503,
      text: expect.stringContaining("has failed several times in a row"),
    });
    expect(running.gitlab.requests.length).toBe(before);
  });
});
