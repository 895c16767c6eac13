/** A login that a person confirms in any browser, also on another machine (RFC 8628). */
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { UserError } from "../errors.js";
import { type Session, sessionOf } from "./oauth.js";
import { type OAuthClient, parse, persistently, post, refused, unexpected } from "./oauth-exchange.js";

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
  const form = { client_id: client.clientId, scope };
  const answer = await persistently(client, () => post(client, "authorize_device", form));
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
  const form = {
    grant_type: "urn:ietf:params:oauth:grant-type:device_code",
    device_code: code,
    client_id: client.clientId,
  };
  let pauseMs = Math.max(interval * 1000, SHORTEST_PAUSE_MS);
  for (;;) {
    await sleep(pauseMs, undefined, { signal });
    // RFC 8628 §3.5: who gets no answer asks less and less often.
    const answer = await persistently(client, () => post(client, "token", form), { pauseMs, signal });
    if (!("error" in answer)) return sessionOf(client, answer.body);
    if (answer.error === "slow_down") pauseMs += SLOWER_MS;
    else if (answer.error === "access_denied")
      throw notLoggedIn(client, "the login was denied in the browser");
    else if (answer.error === "expired_token") throw notLoggedIn(client, "nobody confirmed the code in time");
    // The tokens are given once, and may have been lost on the way.
    else if (answer.error === "invalid_grant") throw notLoggedIn(client, "the code is not good any more");
    else if (answer.error !== "authorization_pending") throw refused(client, answer);
  }
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
