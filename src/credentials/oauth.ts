/**
 * GitLab as an OAuth provider. Source: GitLab documentation, "OAuth 2.0 identity provider API"; RFC 8628 (device flow),
 * RFC 6749 §6 (refresh), RFC 7009 (revocation). Redirects are not followed: a login belongs to one origin.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { request } from "undici";
import { type ZodType, z } from "zod";
import { UserError } from "../errors.js";
import { excerpt } from "../redact.js";
import { Secret } from "./secret.js";

const TIMEOUT_MS = 30_000;
/** RFC 8628 §3.2: five seconds when the server names no interval; §3.5: five more after `slow_down`. */
const SLOWER_MS = 5000;
const SHORTEST_PAUSE_MS = 100;

const DeviceAnswer = z.object({
  device_code: z.string().min(1),
  user_code: z.string().regex(/^[\w-]{4,32}$/),
  verification_uri: z.url({ protocol: /^https?$/ }),
  verification_uri_complete: z.url({ protocol: /^https?$/ }).optional(),
  expires_in: z.number().positive(),
  interval: z
    .number()
    .min(0)
    .default(SLOWER_MS / 1000),
});

const TokenAnswer = z.object({
  access_token: z.string().min(1),
  refresh_token: z.string().min(1).optional(),
  expires_in: z.number().positive().optional(),
  scope: z.string().default(""),
});

const InfoAnswer = z.object({ scope: z.array(z.string()), expires_in: z.number().nullish() });
const Refusal = z.object({ error: z.string(), error_description: z.string().optional() });

/** An application of an instance. */
export interface OAuthClient {
  /** Base URL without a trailing slash. */
  readonly instance: string;
  /** Its "Application ID". */
  readonly clientId: string;
}

/** Tokens of one login. */
export interface Session {
  readonly accessToken: Secret;
  readonly refreshToken: Secret | undefined;
  readonly expiresAt: Date | undefined;
  readonly scopes: readonly string[];
}

export interface Device {
  /** Where the person goes, and the code to enter there. */
  readonly url: string;
  readonly userCode: string;
  /** Waits for the person's answer. */
  readonly session: (signal: AbortSignal) => Promise<Session>;
}

/**
 * Begins the device flow.
 *
 * @throws UserError when the instance does not know the application, or no such flow
 */
export async function authorizeDevice(client: OAuthClient, scope: string): Promise<Device> {
  const answer = await post(client, "authorize_device", { client_id: client.clientId, scope });
  if ("error" in answer)
    throw answer.error === "invalid_client" ? unknownClient(client) : refused(client, answer);
  const device = parse(client, DeviceAnswer, answer.body);
  const url = device.verification_uri_complete ?? device.verification_uri;
  if (new URL(url).origin !== new URL(client.instance).origin) {
    throw unexpected(client, `a page of another site to confirm the login: ${new URL(url).origin}`);
  }
  return {
    url,
    userCode: device.user_code,
    session: (signal) =>
      waitForPerson(client, { code: device.device_code, interval: device.interval }, signal),
  };
}

async function waitForPerson(
  client: OAuthClient,
  { code, interval }: { code: string; interval: number },
  signal: AbortSignal,
): Promise<Session> {
  let pauseMs = Math.max(interval * 1000, SHORTEST_PAUSE_MS);
  for (;;) {
    await sleep(pauseMs, undefined, { signal });
    const answer = await post(client, "token", {
      grant_type: "urn:ietf:params:oauth:grant-type:device_code",
      device_code: code,
      client_id: client.clientId,
    });
    if (!("error" in answer)) return sessionOf(client, answer.body);
    if (answer.error === "slow_down") pauseMs += SLOWER_MS;
    else if (answer.error === "access_denied")
      throw notLoggedIn(client, "the login was denied in the browser");
    else if (answer.error === "expired_token") throw notLoggedIn(client, "nobody confirmed the code in time");
    else if (answer.error !== "authorization_pending") throw refused(client, answer);
  }
}

/**
 * New tokens for a session; those that it had end.
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
  const answer = await post(client, "revoke", { token: token.reveal(), client_id: client.clientId });
  if ("error" in answer) throw refused(client, answer);
}

/** What an access token may do; undefined when the instance does not know it. */
export async function tokenInfo(
  instance: string,
  authorization: string,
): Promise<{ scopes: readonly string[]; expiresIn: number | undefined } | undefined> {
  const client = { instance, clientId: "" };
  const answer = await exchange(client, "token/info", { headers: { authorization } });
  if ("error" in answer) return undefined;
  const { scope, expires_in: expiresIn } = parse(client, InfoAnswer, answer.body);
  return { scopes: scope, expiresIn: expiresIn ?? undefined };
}

function sessionOf(client: OAuthClient, body: unknown): Session {
  const token = parse(client, TokenAnswer, body);
  return {
    accessToken: new Secret(token.access_token),
    refreshToken: token.refresh_token === undefined ? undefined : new Secret(token.refresh_token),
    expiresAt: token.expires_in === undefined ? undefined : new Date(Date.now() + token.expires_in * 1000),
    scopes: token.scope.split(" ").filter((scope) => scope !== ""),
  };
}

type Answer = { readonly body: unknown } | z.output<typeof Refusal>;

function post(client: OAuthClient, path: string, form: Readonly<Record<string, string>>): Promise<Answer> {
  return exchange(client, path, {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams(form).toString(),
  });
}

interface Sending {
  readonly method?: "POST";
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

async function exchange(
  client: OAuthClient,
  path: string,
  { method, headers, body }: Sending,
): Promise<Answer> {
  try {
    const response = await request(`${client.instance}/oauth/${path}`, {
      method: method ?? "GET",
      headers: { accept: "application/json", ...headers },
      body: body ?? null,
      headersTimeout: TIMEOUT_MS,
      bodyTimeout: TIMEOUT_MS,
    });
    const answer = jsonOf(await response.body.text());
    if (response.statusCode === 200) return { body: answer };
    const refusal = Refusal.safeParse(answer);
    return refusal.success ? refusal.data : { error: `status ${response.statusCode}` };
  } catch (error) {
    const reason = error instanceof Error && "code" in error ? String(error.code) : "no answer";
    throw new UserError("OAUTH_UNREACHABLE", `${client.instance} is out of reach: ${reason}.`, {
      cause: error,
    });
  }
}

function parse<T>(client: OAuthClient, schema: ZodType<T>, body: unknown): T {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw unexpected(client, `an unexpected answer at ${parsed.error.issues[0]?.path.join(".") || "the top"}`);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function refused(
  client: OAuthClient,
  { error, error_description: said = "" }: z.output<typeof Refusal>,
): UserError {
  return unexpected(client, excerpt(`${error} ${said}`));
}

function unexpected({ instance }: OAuthClient, what: string): UserError {
  return new UserError("OAUTH_UNEXPECTED_ANSWER", `${instance} answered the login with: ${what}.`, {
    hint: "the device flow needs GitLab 17.3 or newer; a personal token works with any: artifacts auth login --with-token",
  });
}

function notLoggedIn({ instance }: OAuthClient, why: string): UserError {
  return new UserError("OAUTH_NOT_LOGGED_IN", `Not logged in to ${instance}: ${why}.`, {
    hint: `try again: artifacts auth login ${instance}`,
  });
}

function unknownClient({ instance }: OAuthClient): UserError {
  return new UserError(
    "OAUTH_UNKNOWN_CLIENT",
    `${instance} does not know the application that --client-id names.`,
    {
      hint: `its "Application ID" stands at ${instance}/-/user_settings/applications; the application must not be confidential`,
    },
  );
}
