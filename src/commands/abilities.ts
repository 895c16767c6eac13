/**
 * What a token can do here. Source: GitLab documentation, "Personal access tokens" (scopes) and "CI/CD job token" (the routes that
 * take one).
 */
import type { Credential } from "../credentials/credentials.js";

export interface Abilities {
  readonly can: readonly string[];
  readonly cannot: readonly string[];
}

const READ = "read artifacts (lock, fetch, verify, publish, proxy)";
const DOWNLOAD = "download locked artifacts (fetch, verify, publish, proxy)";
const RESOLVE = "find the newest job of a tag, a version or a merge request (lock, outdated)";
const WRITE = "open merge requests (bump)";

/** @param scopes undefined when GitLab does not tell them */
export function abilitiesOf(
  headers: Credential["headers"],
  scopes: readonly string[] | undefined,
): Abilities | undefined {
  if (headers["job-token"] !== undefined) return { can: [DOWNLOAD], cannot: [RESOLVE, WRITE] };
  if (scopes === undefined) return undefined;
  if (scopes.includes("api")) return { can: [READ, WRITE], cannot: [] };
  return scopes.includes("read_api") ? { can: [READ], cannot: [WRITE] } : { can: [], cannot: [READ, WRITE] };
}
