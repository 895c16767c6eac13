/** Sessions at GitLab as an OAuth provider. Source: RFC 6749 §6 (refresh), RFC 7009 (revocation). */
import { z } from "zod";
import { exchange, type OAuthClient, parse, persistently, post, refused } from "./oauth-exchange.js";
import { Secret } from "./secret.js";

const TokenAnswer = z.object({
  access_token: z.string().min(1),
  refresh_token: z.string().min(1).optional(),
  expires_in: z.number().positive().optional(),
  scope: z.string().default(""),
});

const InfoAnswer = z.object({ scope: z.array(z.string()), expires_in: z.number().nullish() });

/** Tokens of one login. */
export interface Session {
  readonly accessToken: Secret;
  readonly refreshToken: Secret | undefined;
  readonly expiresAt: Date | undefined;
  readonly scopes: readonly string[];
}

/**
 * New tokens for a session; those that it had end. Asked once: a refresh token that is sent again is as good as stolen.
 *
 * @returns undefined when the refresh token is not good any more
 * @throws UserError when the instance is out of reach or answers otherwise
 */
export async function refresh(client: OAuthClient, refreshToken: Secret): Promise<Session | undefined> {
  const answer = await post(client, "token", {
    grant_type: "refresh_token",
    refresh_token: refreshToken.reveal(),
    client_id: client.clientId,
  });
  if (!("error" in answer)) return sessionOf(client, answer.body);
  if (answer.error === "invalid_grant") return undefined;
  throw refused(client, answer);
}

/** Ends a token, and with it its session. */
export async function revoke(client: OAuthClient, token: Secret): Promise<void> {
  const form = { token: token.reveal(), client_id: client.clientId };
  const answer = await persistently(client, () => post(client, "revoke", form));
  if ("error" in answer) throw refused(client, answer);
}

/** What an access token may do; undefined when the instance does not know it. */
export async function tokenInfo(
  { instance, patience }: Pick<OAuthClient, "instance" | "patience">,
  authorization: string,
): Promise<{ scopes: readonly string[]; expiresIn: number | undefined } | undefined> {
  const client = { instance, clientId: "", patience };
  const answer = await exchange(client, "token/info", { headers: { authorization } });
  if ("error" in answer) return undefined;
  const { scope, expires_in: expiresIn } = parse(client, InfoAnswer, answer.body);
  return { scopes: scope, expiresIn: expiresIn ?? undefined };
}

export function sessionOf(client: OAuthClient, body: unknown): Session {
  const token = parse(client, TokenAnswer, body);
  return {
    accessToken: new Secret(token.access_token),
    refreshToken: token.refresh_token === undefined ? undefined : new Secret(token.refresh_token),
    expiresAt: token.expires_in === undefined ? undefined : new Date(Date.now() + token.expires_in * 1000),
    scopes: token.scope.split(" ").filter((scope) => scope !== ""),
  };
}
