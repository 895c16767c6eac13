/** A proxy runs for months: it tells of a token's end in its log, at its start and once a day. */
import { EventEmitter, once } from "node:events";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import type { Clock } from "../../src/commands/clock.js";
import type { ReadProject, ReadRequest } from "../../src/read-project.js";
import { makeWorld, outcomeOf, TOKEN, type World } from "./world.js";

// A thread runs JavaScript only.
vi.mock("../../src/read-project-thread.js", () => ({
  async readProjectOnThread(request: ReadRequest): Promise<ReadProject> {
    const { readProject } = await import("../../src/read-project.js");
    return readProject(request);
  },
}));

const DAY_MS = 86_400_000;

let world: World;
afterEach(() => world.gitlab.close());

/** A day passes when the test says so. */
function testClock() {
  let time = Date.now();
  const days = new EventEmitter();
  const clock: Clock = {
    now: () => time,
    async pause(ms, signal) {
      expect(ms).toBe(DAY_MS);
      days.emit("waits");
      await once(days, "passed", { signal }).catch(() => undefined);
    },
  };
  return {
    clock,
    /** The end of the first look. */
    looked: once(days, "waits"),
    async passDay() {
      time += DAY_MS;
      const waits = once(days, "waits");
      days.emit("passed");
      await waits;
    },
  };
}

function giveToken(endsInDays: number): void {
  const expiresAt = new Date(Date.now() + endsInDays * DAY_MS - 60_000).toISOString();
  world.gitlab.addToken({ token: TOKEN, kind: "personal", scopes: ["read_api"], expiresAt });
}

test("it tells at the start, as the first one that asks, and each day anew what is left", async () => {
  world = await makeWorld({ locked: true });
  giveToken(16);
  const asked = () => world.gitlab.requests.filter(({ path }) => path.includes("access_tokens/self")).length;
  const before = asked();
  const { clock, looked, passDay } = testClock();
  const stop = new AbortController();
  const context = { ...world.context, env: { ...world.context.env, XDG_STATE_HOME: emptyFolder() }, clock };
  const options = { listen: ["127.0.0.1:0"], cache: emptyFolder() };
  const running = outcomeOf({ ...world, context }, "proxy", { options, signal: stop.signal });

  await looked;
  const told = () => world.shown().match(/.*event=token-ends.*/g) ?? [];
  expect(told()).toEqual([]);
  await passDay();
  expect(told()).toEqual([]);
  await passDay();
  await passDay();
  const line = (days: number) =>
    `level=warn event=token-ends instance=${world.gitlab.url} source=GITLAB_TOKEN days=${days}`;
  expect(told()).toEqual([line(14), line(13)]);
  expect(asked() - before).toBe(4);
  stop.abort();
  await running;
  expect(told()).toHaveLength(2);
});

test("a proxy for callers' tokens alone asks about none", async () => {
  world = await makeWorld({ locked: true });
  giveToken(3);
  const { clock, looked } = testClock();
  const stop = new AbortController();
  const before = world.gitlab.requests.length;
  const context = { ...world.context, env: { ...world.context.env, XDG_STATE_HOME: emptyFolder() }, clock };
  const options = { passthrough: ["127.0.0.1:0"], cache: emptyFolder() };
  const running = outcomeOf({ ...world, context }, "proxy", { options, signal: stop.signal });
  await looked;
  stop.abort();
  await running;
  expect(world.gitlab.requests).toHaveLength(before);
});

function emptyFolder(): string {
  return mkdtempSync(join(tmpdir(), "empty-"));
}
