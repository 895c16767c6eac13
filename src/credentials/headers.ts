/** Tokens → the header that GitLab reads them from. */
import { UserError } from "../errors.js";
import type { Secret } from "./secret.js";

/** Which header a token goes into. A `user` token is a personal, project, group or OAuth one; its look tells which. */
export type TokenKind = "user" | "oauth" | "job";

/**
 * The headers for a token.
 *
 * @param source for the message
 * @throws UserError CREDENTIALS_BAD_TOKEN
 */
export function headersFor(token: Secret, kind: TokenKind, source: string): Readonly<Record<string, string>> {
  const value = token.reveal();
  // RFC 9110 §5.5: visible characters only. Anything else would be another header, or a token pasted with its neighbours.
  if (!/^[\x21-\x7e]+$/.test(value)) {
    throw new UserError(
      "CREDENTIALS_BAD_TOKEN",
      `The token from ${source} holds spaces or other characters that no GitLab token has.`,
    );
  }
  if (kind === "job") return { "job-token": value };
  return kind === "oauth" || looksLikeOAuth(value)
    ? { authorization: `Bearer ${value}` }
    : { "private-token": value };
}

/** OAuth access tokens are 64 hexadecimal digits and are understood only as bearer; all others also as PRIVATE-TOKEN. */
function looksLikeOAuth(value: string): boolean {
  return /^[0-9a-f]{64}$/.test(value);
}

/** GitLab's name for whoever sends a job token as a password (documentation, "CI/CD job token"), and git's for OAuth. */
export function kindOfUser(username: string | undefined): TokenKind {
  if (username === "gitlab-ci-token") return "job";
  return "user";
}
