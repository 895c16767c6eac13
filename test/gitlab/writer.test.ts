import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { createGitLabWriter, UnknownFate, type GitLabWriter } from "../../src/gitlab/writer.js";
import { startGitLab, type EmbeddedGitLab } from "../../src/simulator/simulator.js";
import { canaryFor, CANARY, failure } from "./test-client.js";

async function start(
  scopes: ("api" | "read_api")[] = ["api"],
): Promise<{ gitlab: EmbeddedGitLab; writer: GitLabWriter }> {
  const gitlab = await startGitLab();
  gitlab.addToken({ token: CANARY, kind: "project", scopes });
  gitlab.addProject({ path: "group/app", formerPaths: ["group/old"] });
  gitlab.forge("group/app").repository.commit("main", { files: { "a.txt": "a" } });
  const retry = { retries: 2, firstPauseMs: 0 };
  const writer = createGitLabWriter({ credentials: canaryFor(gitlab.url), retry });
  onTestFinished(async () => {
    await Promise.all([gitlab.close(), writer.close()]);
  });
  return { gitlab, writer };
}

function branch(project = "group/app", repeatable = false) {
  const path = ["projects", project, "repository", "branches"];
  return {
    method: "POST",
    path,
    body: { branch: "next", ref: "main" },
    answer: z.object({ name: z.string() }),
    repeatable,
  } as const;
}

test("a change arrives as JSON and its answer is parsed", async () => {
  const { gitlab, writer } = await start();

  expect(await writer.send(gitlab.url, branch())).toEqual({ name: "next" });
  expect(gitlab.forge("group/app").headOf("next")).toBeDefined();
});

test("a change whose answer is lost is sent once, and its fate is said to be unknown", async () => {
  const { gitlab, writer } = await start();
  gitlab.fault({ kind: "reset", method: "POST", path: "branches" });

  await expect(writer.send(gitlab.url, branch())).rejects.toThrow(UnknownFate);
  expect(gitlab.requests).toHaveLength(1);
});

test("a change that does no harm twice is tried again", async () => {
  const { gitlab, writer } = await start();
  gitlab.fault({ kind: "bad-gateway", method: "POST", path: "branches", times: 2 });

  await writer.send(gitlab.url, branch("group/app", true));
  expect(gitlab.requests).toHaveLength(3);
});

test("what GitLab says it has not done is tried again, whatever it is", async () => {
  const { gitlab, writer } = await start();
  gitlab.fault({
    kind: "rate-limited",
    shape: "rack",
    retryAfter: 0,
    method: "POST",
    path: "branches",
    times: 2,
  });

  await writer.send(gitlab.url, branch());
  expect(gitlab.requests).toHaveLength(3);
});

test("a change is not sent on to where an answer points", async () => {
  const { gitlab, writer } = await start();
  gitlab.fault({ kind: "moved", location: `${gitlab.storageUrl}/x`, method: "POST", path: "branches" });

  expect(await failure(writer.send(gitlab.url, branch()))).toMatchObject({
    code: "GITLAB_BAD_REDIRECT",
    status: 301,
  });
  expect(gitlab.storageRequests).toEqual([]);
});

test("a token that may only read is told what it lacks for writing", async () => {
  const { gitlab, writer } = await start(["read_api"]);

  expect(await failure(writer.send(gitlab.url, branch()))).toMatchObject({
    code: "GITLAB_INSUFFICIENT_SCOPE",
    hint: expect.stringContaining("scope api"),
  });
});

test("a token that has ended is told with what the next one needs for writing", async () => {
  const { gitlab, writer } = await start();
  gitlab.fault({ kind: "answer", status: 401, body: "{}", method: "POST", path: "branches" });

  expect(await failure(writer.send(gitlab.url, branch()))).toMatchObject({
    code: "GITLAB_UNAUTHORIZED",
    hint: expect.stringContaining("a token with the scope api"),
  });
});

test("an interruption ends the pause before the next attempt", async () => {
  const { gitlab } = await start();
  const abort = new AbortController();
  const writer = createGitLabWriter({
    credentials: canaryFor(gitlab.url),
    signal: abort.signal,
    onRetry: () => abort.abort(),
  });
  onTestFinished(() => writer.close());
  gitlab.fault({ kind: "rate-limited", shape: "rack", retryAfter: 100, method: "POST", path: "branches" });

  await expect(writer.send(gitlab.url, branch())).rejects.toThrow(/abort/i);
  expect(gitlab.requests).toHaveLength(1);
});
