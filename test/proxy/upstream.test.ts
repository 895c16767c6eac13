import { buffer } from "node:stream/consumers";
import { expect, it } from "vitest";
import { GitLabError } from "../../src/gitlab/gitlab-error.js";
import type { GitLab } from "../../src/gitlab/gitlab.js";
import { createUpstream } from "../../src/proxy/upstream.js";
import { makeVariant } from "../make/lock.js";
import { sampleBytes } from "../store/samples.js";

const BYTES = sampleBytes(10_000, "upstream");
const BROKEN = new GitLabError("GITLAB_TRUNCATED", "broken off", { transient: true });
const ENTRY = { artifact: "tool", system: "any", variant: makeVariant() };
const signal = new AbortController().signal;

/** A GitLab whose downloads break off after so many bytes, one after the other; then they are whole. */
function gitlabThatBreaks(after: readonly number[], error: Error = BROKEN) {
  const urls: string[] = [];
  async function* body(end: number | undefined) {
    for (let at = 0; at < (end ?? BYTES.length); at += 700)
      yield BYTES.subarray(at, Math.min(at + 700, end ?? Infinity));
    if (end !== undefined) throw error;
  }
  const download: GitLab["download"] = (url) => {
    urls.push(url);
    return Promise.resolve({ size: BYTES.length, body: body(after[urls.length - 1]), destroy: () => {} });
  };
  const upstream = createUpstream({ download } as GitLab); // nothing else of it is used
  return { urls, read: async () => buffer((await upstream.download([ENTRY], { signal })).body) };
}

it("a download that breaks off goes on where it ended, and nobody notices", async () => {
  const { read, urls } = gitlabThatBreaks([3000, 2999, 9999, 0]);
  expect((await read()).equals(BYTES)).toBe(true);
  expect(urls).toHaveLength(5);
});

it("a download that breaks off again and again fails", async () => {
  const { read, urls } = gitlabThatBreaks([1, 2, 3, 4, 5, 6]);
  await expect(read()).rejects.toThrow("broken off");
  expect(urls).toHaveLength(5);
});

it("a failure that stays is not tried again", async () => {
  const { read, urls } = gitlabThatBreaks([3000], new GitLabError("GITLAB_FORBIDDEN", "no", { status: 403 }));
  await expect(read()).rejects.toThrow("no");
  expect(urls).toHaveLength(1);
});
