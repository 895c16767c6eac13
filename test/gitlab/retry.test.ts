import { describe, expect, test } from "vitest";
import { GitLabError } from "../../src/gitlab/gitlab-error.js";
import { serverWait, withRetries } from "../../src/gitlab/retry.js";

const NOW = new Date("2026-11-20T08:00:00Z");
const UNIX = NOW.getTime() / 1000;

describe("the pause that a server asks for", () => {
  test.each([
    [{ "retry-after": "3" }, 3000],
    [{ "retry-after": "Fri, 20 Nov 2026 08:00:07 GMT" }, 7000],
    [{ "retry-after": "Fri, 20 Nov 2026 07:00:00 GMT" }, 0],
    [{ "retry-after": "soon" }, undefined],
    [{ "ratelimit-reset": String(UNIX + 20), "ratelimit-remaining": "0" }, 20_000],
    [{ "ratelimit-reset": String(UNIX + 20) }, 20_000],
    [{ "ratelimit-reset": String(UNIX + 20), "ratelimit-remaining": "5" }, undefined],
    [{ "retry-after": "3", "ratelimit-reset": String(UNIX + 20) }, 3000],
    [{}, undefined],
  ])("by %j is %s ms", (headers: Record<string, string>, wait) => {
    expect(serverWait((name) => headers[name], NOW)).toBe(wait);
  });
});

test("the pauses double up to a random part, and are told before they begin", async () => {
  const pauses: number[] = [];
  const failing = () => Promise.reject(new GitLabError("GITLAB_UNAVAILABLE", "later", { transient: true }));
  const options = { retries: 4, firstPauseMs: 2 };
  const hooks = { onRetry: ({ pauseMs }: { pauseMs: number }) => pauses.push(pauseMs) };
  await expect(withRetries(failing, options, hooks)).rejects.toThrow("later");
  expect(pauses).toHaveLength(4);
  pauses.forEach((pause, i) => expect(pause).toBeLessThanOrEqual(2 * 2 ** i));
});

test("an interruption ends the pause", async () => {
  const abort = new AbortController();
  const failing = () =>
    Promise.reject(new GitLabError("GITLAB_UNAVAILABLE", "later", { transient: true, waitMs: 100_000 }));
  const hooks = { signal: abort.signal, onRetry: () => abort.abort() };
  await expect(withRetries(failing, {}, hooks)).rejects.toThrow(/abort/i);
});

test("what is no error of GitLab is not tried again", async () => {
  let attempts = 0;
  const bug = () => Promise.reject(new TypeError(`bug ${++attempts}`));
  await expect(withRetries(bug, {}, {})).rejects.toThrow("bug 1");
});
