/**
 * Where a request may carry a token.
 */

/** Headers, in lower case. */
export const TOKEN_HEADERS = ["private-token", "authorization", "job-token", "deploy-token"] as const;

/** Query parameters. */
export const TOKEN_PARAMETERS = ["private_token", "access_token", "job_token"] as const;

/** The token in the value of such a header or parameter; for Basic, the password. */
export function secretIn(header: string, value: string): string {
  if (header !== "authorization") return value;
  const [, scheme = "", credentials = ""] = /^(\w+) +(.*)$/.exec(value) ?? [];
  if (scheme.toLowerCase() !== "basic") return credentials;
  return Buffer.from(credentials, "base64")
    .toString()
    .replace(/^[^:]*:/, "");
}
