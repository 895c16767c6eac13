/**
 * What GitLab says about the token that asks. Source: GitLab documentation, "Users API" and "Personal access tokens API"
 * (self-inspection), "Jobs API" (job of a job token).
 */
import { z } from "zod";
import { GitLabError, type GitLabErrorCode } from "./gitlab-error.js";
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
  const user = await orUnknown(gitlab.get(instance, ["user"], User), NOT_ALLOWED);
  const own = await ownToken(gitlab, instance);
  return {
    kind: user?.bot === true ? "project or group token" : "access token",
    user: user?.username,
    scopes: own?.scopes,
    expiresAt: own?.expiresAt,
  };
}

/** Scopes and end of the token; undefined when GitLab does not tell, as for an OAuth one. */
export async function ownToken(
  gitlab: GitLab,
  instance: string,
): Promise<{ readonly scopes: readonly string[]; readonly expiresAt: Date | undefined } | undefined> {
  const own = await orUnknown(gitlab.get(instance, ["personal_access_tokens", "self"], OwnToken), UNTOLD);
  if (own === undefined) return undefined;
  return { scopes: own.scopes, expiresAt: own.expires_at ? new Date(own.expires_at) : undefined };
}

const Version = z.object({ version: z.string().max(60) });

/** The instance's version, which it tells to whom it knows; undefined when it does not, whatever the reason. */
export async function instanceVersion(gitlab: GitLab, instance: string): Promise<string | undefined> {
  try {
    return (await gitlab.get(instance, ["version"], Version)).version;
  } catch (error) {
    if (error instanceof GitLabError) return undefined;
    throw error;
  }
}

/** A token may be good and yet not be allowed to ask about itself. */
const NOT_ALLOWED: readonly GitLabErrorCode[] = ["GITLAB_FORBIDDEN", "GITLAB_INSUFFICIENT_SCOPE"];
/** Nor can older instances tell, nor any about every kind of token. */
const UNTOLD: readonly GitLabErrorCode[] = [
  ...NOT_ALLOWED,
  "GITLAB_NOT_FOUND",
  "GITLAB_UNKNOWN_ROUTE",
  "GITLAB_BAD_REQUEST",
];

/** The answer; undefined where the error says no more than that this question is not answered. */
async function orUnknown<T>(answer: Promise<T>, codes: readonly GitLabErrorCode[]): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof GitLabError && codes.includes(error.code)) return undefined;
    throw error;
  }
}
