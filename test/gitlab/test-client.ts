import { expect, onTestFinished } from "vitest";
import type { Credentials } from "../../src/credentials/credentials.js";
import { createGitLab, type GitLabOptions } from "../../src/gitlab/client.js";
import { GitLabError } from "../../src/gitlab/gitlab-error.js";
import type { GitLab } from "../../src/gitlab/gitlab.js";

/** A token that must turn up nowhere but in the request to the instance. */
export const CANARY = "glpat-canary0canary0canary0";

/** Sends the canary to one origin, in the given header. */
export function canaryFor(origin: string, header = "private-token", value = CANARY): Credentials {
  const credential = { headers: { [header]: value }, source: "GITLAB_TOKEN" };
  return { for: (url) => Promise.resolve(url.origin === origin ? credential : undefined) };
}

/** A client without waiting between attempts that is closed with the test. */
export function connect(options: GitLabOptions): GitLab {
  const gitlab = createGitLab({ retry: { retries: 2, firstPauseMs: 0 }, ...options });
  onTestFinished(() => gitlab.close());
  return gitlab;
}

/** The GitLabError that `promise` must fail with. */
export async function failure(promise: Promise<unknown>): Promise<GitLabError> {
  const error = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(error).toBeInstanceOf(GitLabError);
  if (!(error instanceof GitLabError)) throw error;
  expect(`${error.message} ${error.hint ?? ""}`).not.toContain("canary");
  return error;
}

export async function readAll(body: AsyncIterable<Uint8Array>): Promise<string> {
  return Buffer.concat(await collect(body)).toString();
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}
