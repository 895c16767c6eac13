import type { Credential } from "../credentials/credentials.js";

/** Names of users under which GitLab itself takes a token as a password ("Git over HTTPS", "Job token"). */
const HEADERS: Readonly<Record<string, (token: string) => Record<string, string>>> = {
  "gitlab-ci-token": (token) => ({ "job-token": token }),
  oauth2: (token) => ({ authorization: `Bearer ${token}` }),
};

/** Tokens are visible ASCII; the longest, job tokens that are JWTs, have about two thousand characters. */
const TOKEN = /^[\x21-\x7e]{8,4096}$/;

/**
 * The header that GitLab wants, made of the one that Nix can send: Basic from netrc, whose password is the token. Any other user name
 * than those two means a personal, project or group access token.
 *
 * @param authorization the header of the request
 * @returns undefined when there is none, or none that can hold a token
 */
export function callerCredential(authorization: string | undefined): Credential | undefined {
  const [, scheme, value] = /^(basic|bearer) +([\w+/=.~-]+)$/i.exec(authorization ?? "") ?? [];
  if (scheme === undefined || value === undefined) return undefined;
  const [user, token] = scheme.toLowerCase() === "bearer" ? ["oauth2", value] : userAndPassword(value);
  if (token === undefined || !TOKEN.test(token)) return undefined;
  const headers = Object.hasOwn(HEADERS, user) ? HEADERS[user]?.(token) : undefined;
  return { headers: headers ?? { "private-token": token }, source: "the caller" };
}

/** The password of Basic, or the token of Bearer, whoever it is for. */
export function callerToken(authorization: string | undefined): string | undefined {
  const [, scheme, value] = /^(basic|bearer) +([\w+/=.~-]+)$/i.exec(authorization ?? "") ?? [];
  if (scheme === undefined || value === undefined) return undefined;
  const token = scheme.toLowerCase() === "bearer" ? value : userAndPassword(value)[1];
  return token !== undefined && TOKEN.test(token) ? token : undefined;
}

/** RFC 7617, section 2: the first colon parts them. */
function userAndPassword(base64: string): [user: string, password: string | undefined] {
  const text = Buffer.from(base64, "base64").toString("utf8");
  const colon = text.indexOf(":");
  return colon === -1 ? [text, undefined] : [text.slice(0, colon), text.slice(colon + 1)];
}
