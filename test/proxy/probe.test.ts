import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { buffer } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { GitLabError } from "../../src/gitlab/gitlab-error.js";
import { type RunningProxy, ask, runProxy } from "./running-proxy.js";

let running: RunningProxy;
beforeEach(async () => {
  running = await runProxy();
});
afterEach(() => running.close());

async function asJson(path: string): Promise<unknown> {
  const { status, body } = await ask(running.url, path);
  expect(status).toBe(200);
  return JSON.parse(body.toString());
}

describe("the proxy says about itself", () => {
  it("what it is, in which version, and who may ask", async () => {
    const { version } = JSON.parse(readFileSync("package.json", "utf8"));
    expect(await asJson("/-/version")).toEqual({ name: "nix-artifacts", version, authority: "inject" });
  });

  it("that it is alive and ready", async () => {
    expect((await ask(running.url, "/-/live")).body.toString()).toBe("live\n");
    expect(await asJson("/-/ready")).toEqual({ status: "ready", notes: [] });
  });

  it("what is wrong, and stays in service", async () => {
    const path = await running.add("tool", { bytes: Buffer.from("x") });
    for (let failure = 0; failure < 3; failure++) {
      running.failWith(new GitLabError("GITLAB_UNREACHABLE", "no answer", { transient: true }));
      await ask(running.url, path);
    }
    expect(await asJson("/-/ready")).toEqual({
      status: "degraded",
      notes: ["GitLab instances that are down and left alone for a while: 1"],
    });
  });

  it("that it is stopping, to whoever still has a connection, and then closes it", async () => {
    const path = await running.add("tool", { bytes: Buffer.from("x") });
    let finish = () => {};
    running.upstream.serve("/tool", (_, response) => void (finish = () => response.end("x")));
    const { host, hostname, port } = new URL(running.url);
    const socket = connect(Number(port), hostname);
    const answers = buffer(socket);
    socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    await vi.waitFor(() => expect(running.upstream.open()).toBe(1));
    const closing = running.proxy.close(10 * 60_000);
    socket.write(`GET /-/ready HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    finish();
    expect((await answers).toString()).toMatch(
      /^HTTP\/1\.1 200 OK[^]*HTTP\/1\.1 503 [^]*\r\n\r\nstopping\n$/,
    );
    await closing;
  });

  it("none of it to a page of another site, or under another name", async () => {
    for (const path of ["/-/version", "/-/live", "/-/ready"]) {
      expect((await ask(running.url, path, { headers: { "sec-fetch-site": "cross-site" } })).status).toBe(
        403,
      );
      const headers = { host: "evil.example" };
      expect((await ask(running.url, path, { setHost: false, headers })).status).toBe(421);
    }
  });
});
