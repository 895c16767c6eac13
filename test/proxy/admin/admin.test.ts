import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ask, gitlabError } from "../running-proxy.js";
import { type RunningAdmin, runAdmin } from "./running-admin.js";

const DAY_MS = 86_400_000;
const SECRET = "BYTES-OF-THE-ARTIFACT";

let running: RunningAdmin;
let path: string;
beforeEach(async () => {
  running = await runAdmin();
  path = await running.add("tool", { bytes: Buffer.from(SECRET) });
});
afterEach(() => running.close());

async function metrics(): Promise<string> {
  const { headers, body } = await ask(running.admin, "/metrics");
  expect(headers["content-type"]).toBe("text/plain; version=0.0.4; charset=utf-8");
  return body.toString();
}

async function report() {
  return JSON.parse((await ask(running.admin, "/-/status")).body.toString());
}

function expireAt(at: number): void {
  const lock = running.lock();
  const [artifact] = Object.values(lock.artifacts);
  const variant = artifact?.systems["any"];
  if (artifact === undefined || variant === undefined) throw new Error("it was added above");
  const expiring = { ...variant, expiresAt: new Date(at).toISOString() };
  const changed = { ...lock, artifacts: { tool: { ...artifact, systems: { any: expiring } } } };
  running.lock = () => changed;
}

describe("metrics", () => {
  it("count what was served, from where, and how long it took to begin", async () => {
    await ask(running.url, path);
    await ask(running.url, path);
    const text = await metrics();
    expect(text).toContain('artifacts_proxy_requests_total{event="served",status="200",from="gitlab"} 1\n');
    expect(text).toMatch(
      /^artifacts_proxy_requests_total{event="served",status="200",from="(cache|shared)"} 1$/m,
    );
    expect(text).toContain(`artifacts_proxy_sent_bytes_total{from="gitlab"} ${SECRET.length}\n`);
    expect(text).toContain('artifacts_proxy_first_byte_seconds_count{from="gitlab"} 1\n');
    // An answer may be complete a moment before its file is in its place.
    await vi.waitFor(async () =>
      expect(await metrics()).toContain(`artifacts_proxy_cache_bytes ${SECRET.length}\n`),
    );
    expect(text).toContain("artifacts_proxy_locked_variants 1\n");
    expect(text).toMatch(/^artifacts_proxy_process_resident_memory_bytes \d+$/m);
  });

  it("count what was refused and what failed, and name no artifact", async () => {
    await ask(running.url, "/nowhere/tool");
    running.failWith(gitlabError("GITLAB_FORBIDDEN", { status: 403 }));
    await ask(running.url, path);
    running.state = { problem: { since: 0, message: "tool is broken" } };
    const text = await metrics();
    expect(text).toContain('artifacts_proxy_requests_total{event="refused",status="404",from=""} 1\n');
    expect(text).toContain('artifacts_proxy_requests_total{event="failed",status="403",from=""} 1\n');
    expect(text).toContain("artifacts_proxy_failing_variants 1\n");
    expect(text).toContain("artifacts_proxy_broken_lockfiles 1\n");
    expect(text).not.toContain("tool");
  });
});

describe("the report", () => {
  it("says what is locked, cached and served", async () => {
    expect((await report()).artifacts).toMatchObject([{ artifact: "tool", cached: false, served: 0 }]);
    await ask(running.url, path);
    const { artifacts, locks } = await vi.waitFor(async () => {
      const now = await report();
      expect(now.artifacts).toMatchObject([{ cached: true }]);
      return now;
    });
    expect(artifacts).toMatchObject([{ served: 1, sent: SECRET.length, state: "fine" }]);
    expect(locks).toMatchObject([{ file: "/srv/artifacts.lock.json", variants: 1 }]);
  });

  it("says what fails and why, until it is served again", async () => {
    running.failWith(gitlabError("GITLAB_FORBIDDEN", { status: 403 }));
    const { headers } = await ask(running.url, path);
    const { artifacts, counts, troubles } = await report();
    expect(counts).toMatchObject({ variants: 1, failing: 1 });
    const error = expect.stringContaining("GITLAB_FORBIDDEN");
    expect(artifacts).toMatchObject([{ state: "failing", failure: { error } }]);
    expect(troubles).toMatchObject([{ entry: { event: "failed", id: headers["x-request-id"] } }]);
    await ask(running.url, path);
    expect((await report()).counts).toMatchObject({ failing: 0 });
  });

  it.each([
    ["expired", -1],
    ["expiring", 13 * DAY_MS],
    ["fine", 15 * DAY_MS],
  ])("says what GitLab removes: %s", async (state, ahead) => {
    expireAt(Date.now() + ahead);
    expect((await report()).artifacts).toMatchObject([{ state }]);
  });

  it("is of five hundred rows at most, however much is locked", async () => {
    const lock = running.lock();
    const [artifact] = Object.values(lock.artifacts);
    if (artifact === undefined) throw new Error("it was added above");
    const many = Object.fromEntries(Array.from({ length: 1200 }, (_, index) => [`tool-${index}`, artifact]));
    running.lock = () => ({ ...lock, artifacts: many });
    const { counts, artifacts } = await report();
    expect({ variants: counts.variants, rows: artifacts.length }).toEqual({ variants: 1200, rows: 500 });
    expect((await ask(running.admin, "/")).body.toString()).toContain("700 more are locked");
  });
});

describe("the operator's listener", () => {
  it("gives out no byte of an artifact", async () => {
    expect((await ask(running.admin, path)).status).toBe(404);
    await ask(running.url, path);
    for (const target of ["/", "/-/status", "/metrics", path, `/sha256/${path.split("/").at(-2)}`]) {
      expect((await ask(running.admin, target)).body.toString()).not.toContain(SECRET);
    }
  });

  it("is closed to pages of other sites, to other names, and to changes", async () => {
    const headers = { "sec-fetch-site": "cross-site" };
    expect((await ask(running.admin, "/", { headers })).status).toBe(403);
    const host = { host: "evil.example" };
    expect((await ask(running.admin, "/metrics", { setHost: false, headers: host })).status).toBe(421);
    expect((await ask(running.admin, "/", { method: "POST" })).status).toBe(405);
  });

  it("alone has names: the others do not know these paths", async () => {
    for (const target of ["/", "/metrics", "/-/status"]) {
      const { status, body } = await ask(running.url, target);
      expect({ status, text: body.includes("tool") }).toEqual({ status: 404, text: false });
    }
    expect(JSON.parse((await ask(running.admin, "/-/version")).body.toString()).authority).toBe("admin");
  });
});

it("the page says which token ends, and when", async () => {
  running.watch.log({
    level: "warn",
    event: "token-ends",
    instance: "https://git.example",
    source: "netrc",
    days: 3,
  });
  const { body } = await ask(running.admin, "/");
  expect(body.toString()).toMatch(/https:\/\/git\.example[^]*the token from netrc ends in 3 days/);
});

it("what breaks the proxy is in its log, and not in the answer", async () => {
  running.lock = () => {
    throw new Error("out of locks");
  };
  const { status, body } = await ask(running.admin, "/-/status");
  expect({ status, text: body.toString() }).toEqual({ status: 500, text: "the proxy failed: see its log\n" });
  expect(running.logged).toContainEqual(
    expect.objectContaining({ level: "error", event: "failed", status: 500, error: "Error: out of locks" }),
  );
});
