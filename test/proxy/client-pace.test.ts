import { once } from "node:events";
import { Agent, type IncomingMessage, get } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, expect, it, vi } from "vitest";
import { sampleBytes } from "../store/samples.js";
import { type RunningProxy, runProxy } from "./running-proxy.js";

/** More than the buffers of two sockets take by themselves. */
const BYTES = sampleBytes(16 * 2 ** 20, "pace");
const IDLE_MS = 600;

let running: RunningProxy;
afterEach(() => running.close());

interface Pace {
  readonly leastBytesPerSecond: number;
  /** Milliseconds for 64 KiB; with 4 all of it takes more than a second. */
  readonly pauseMs: number;
}

async function takeSlowly({
  leastBytesPerSecond,
  pauseMs,
}: Pace): Promise<{ count: number; complete: boolean }> {
  running = await runProxy({ pace: { idleMs: IDLE_MS, leastBytesPerSecond } });
  const path = await running.add("tool", { bytes: BYTES });
  const [response] = (await once(get(running.url + path), "response")) as [IncomingMessage]; // node's own event
  let count = 0;
  response.on("error", () => {});
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      count += chunk.length;
      await delay((chunk.length / 65_536) * pauseMs);
    }
  } catch {
    // Broken off: `complete` says so.
  }
  return { count, complete: response.complete };
}

it("a slow client gets all of a big artifact, however long it lasts", async () => {
  const started = performance.now();
  expect(await takeSlowly({ leastBytesPerSecond: 2 ** 20, pauseMs: 4 })).toEqual({
    count: BYTES.length,
    complete: true,
  });
  expect(performance.now() - started).toBeGreaterThan(IDLE_MS);
});

it("a client that is slower than the least rate is broken off, and the operator told", async () => {
  expect(await takeSlowly({ leastBytesPerSecond: 2 ** 30, pauseMs: 20 })).toMatchObject({ complete: false });
  const error = expect.stringContaining("less than 1073741824 bytes a second");
  await vi.waitFor(() =>
    expect(running.logged).toContainEqual(
      expect.objectContaining({ level: "warn", event: "aborted", error }),
    ),
  );
});

it("a connection is kept for a minute, and its client told so", async () => {
  running = await runProxy();
  const agent = new Agent({ keepAlive: true });
  const [response] = (await once(get(`${running.url}/-/live`, { agent }), "response")) as [IncomingMessage]; // node's own event
  expect(response.headers).toMatchObject({ connection: "keep-alive", "keep-alive": "timeout=60" });
  response.resume();
  await once(response, "close");
  agent.destroy();
});

it("a client that stops is let go", async () => {
  running = await runProxy({ pace: { idleMs: IDLE_MS, leastBytesPerSecond: 0 } });
  const path = await running.add("tool", { bytes: BYTES });
  const [response] = (await once(get(running.url + path), "response")) as [IncomingMessage]; // node's own event
  response.on("error", () => {});
  await vi.waitFor(
    () => expect(running.logged).toContainEqual(expect.objectContaining({ event: "aborted" })),
    {
      timeout: 5000,
    },
  );
  response.destroy();
});
