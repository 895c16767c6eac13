/**
 * What GitLab says about the token that asks. Source: GitLab documentation, "Users API" and "Personal access tokens API"
 * (self-inspection), "Jobs API" (job of a job token).
 */
import { z } from "zod";
import { GitLabError } from "./gitlab-error.js";
import type { GitLab } from "./gitlab.js";

export const User = z.object({ username: z.string(), bot: z.boolean().nullish() });
const OwnToken = z.object({
  name: z.string(),
  scopes: z.array(z.string()),
  expires_at: z.iso.date().nullish(),
});
const OwnJob = z.object({ id: z.int() });

export interface TokenFacts {
  /** "access token", "job token"; a bot's token is one of a project or group. */
  readonly kind: string;
  readonly user: string | undefined;
  /** Undefined when GitLab does not tell. */
  readonly scopes: readonly string[] | undefined;
  /** The day on which it ends, at midnight UTC; undefined when it has no end or GitLab does not tell. */
  readonly expiresAt: Date | undefined;
}

/**
 * The facts about a token that `gitlab` sends.
 *
 * @param header name of the header that carries it
 * @throws GitLabError when GitLab does not take the token
 */
export async function tokenFacts(gitlab: GitLab, instance: string, header: string): Promise<TokenFacts> {
  if (header === "job-token") {
    const { id } = await gitlab.get(instance, ["job"], OwnJob);
    return { kind: `token of job ${id}`, user: undefined, scopes: undefined, expiresAt: undefined };
  }
  const user = await orUnknown(gitlab.get(instance, ["user"], User));
  const own = await orUnknown(gitlab.get(instance, ["personal_access_tokens", "self"], OwnToken));
  return {
    kind: user?.bot === true ? "project or group token" : "access token",
    user: user?.username,
    scopes: own?.scopes,
    expiresAt: own?.expires_at ? new Date(own.expires_at) : undefined,
  };
}

/** A token may be good and yet not be allowed to ask about itself: everything but a 401 is an answer of that kind. */
async function orUnknown<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (
      error instanceof GitLabError &&
      error.status !== undefined &&
      error.status < 500 &&
      error.status !== 401
    )
      return undefined;
    throw error;
  }
}
