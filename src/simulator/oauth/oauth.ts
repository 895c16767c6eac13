/**
 * The instance as an OAuth provider: the device flow, refresh with rotation of both tokens, revocation. Source: GitLab
 * documentation, "OAuth 2.0 identity provider API"; RFC 8628 (device flow), RFC 6749 §6 (refresh), RFC 7009 (revocation).
 */
import { randomBytes } from "node:crypto";
import { json, type Reply } from "../http/reply.js";
import type { HttpRequest } from "../http/request.js";
import type { Knobs } from "../knobs.js";
import type { Clock, State } from "../state/state.js";

const ACCESS_TTL_SECONDS = 7200;
const DEVICE_TTL_SECONDS = 300;
const DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code";

interface Grant {
  readonly clientId: string;
  readonly scope: string;
}

interface Device extends Grant {
  readonly userCode: string;
  readonly expiresAt: number;
  answer: "pending" | "approved" | "denied";
}

interface Session extends Grant {
  readonly accessToken: string;
}

export interface OAuthOptions {
  readonly state: State;
  readonly knobs: Knobs;
  readonly now: Clock;
}

export class OAuth {
  /** Registered applications by their id. */
  readonly applications = new Set<string>();
  /** How often tokens were refreshed. */
  refreshes = 0;
  readonly #devices = new Map<string, Device>();
  /** By refresh token. */
  readonly #sessions = new Map<string, Session>();
  readonly #options: OAuthOptions;

  constructor(options: OAuthOptions) {
    this.#options = options;
  }

  /** What a person does in the browser with the codes that wait. */
  decide(answer: "approved" | "denied"): void {
    for (const device of this.#devices.values()) device.answer = answer;
  }

  /** Puts a session there as if somebody had logged in. */
  addSession(grant: Grant): { accessToken: string; refreshToken: string } {
    const accessToken = randomBytes(32).toString("hex");
    const refreshToken = randomBytes(32).toString("hex");
    this.#sessions.set(refreshToken, { ...grant, accessToken });
    const scopes = grant.scope.split(" ").filter((scope) => scope === "api" || scope === "read_api");
    const expiresAt = new Date(this.#now() + ACCESS_TTL_SECONDS * 1000).toISOString();
    this.#options.state.addToken({ token: accessToken, kind: "oauth", scopes, expiresAt });
    return { accessToken, refreshToken };
  }

  /** The answer to a request below `/oauth`, or undefined when it is none of ours. */
  answer(request: HttpRequest, instance: string): Reply | undefined {
    const form = new URLSearchParams(request.body);
    switch (`${request.method} ${request.path}`) {
      case "POST /oauth/authorize_device":
        return this.#authorizeDevice(form, instance);
      case "POST /oauth/token":
        return form.get("grant_type") === DEVICE_GRANT ? this.#deviceToken(form) : this.#refresh(form);
      case "POST /oauth/revoke":
        return this.#revoke(form);
      case "GET /oauth/token/info":
        return this.#info(request.headers.authorization);
      default:
        return undefined;
    }
  }

  #authorizeDevice(form: URLSearchParams, instance: string): Reply {
    const clientId = form.get("client_id") ?? "";
    if (!this.applications.has(clientId)) return failure("invalid_client", 401);
    const deviceCode = randomBytes(32).toString("base64url");
    const userCode = randomBytes(4).toString("hex").toUpperCase();
    const expiresAt = this.#now() + DEVICE_TTL_SECONDS * 1000;
    this.#devices.set(deviceCode, {
      clientId,
      scope: form.get("scope") ?? "",
      userCode,
      expiresAt,
      answer: "pending",
    });
    return json({
      device_code: deviceCode,
      user_code: userCode,
      verification_uri: `${instance}/oauth/device`,
      verification_uri_complete: `${instance}/oauth/device?user_code=${userCode}`,
      expires_in: DEVICE_TTL_SECONDS,
      interval: this.#options.knobs.deviceIntervalSeconds,
    });
  }

  #deviceToken(form: URLSearchParams): Reply {
    const code = form.get("device_code") ?? "";
    const device = this.#devices.get(code);
    if (device === undefined || device.clientId !== form.get("client_id")) return failure("invalid_grant");
    if (device.expiresAt <= this.#now()) return failure("expired_token");
    if (device.answer === "pending") return failure("authorization_pending");
    this.#devices.delete(code);
    return device.answer === "denied" ? failure("access_denied") : this.#tokens(device);
  }

  /** A refresh token is good once: both tokens of the session are replaced. */
  #refresh(form: URLSearchParams): Reply {
    const refreshToken = form.get("refresh_token") ?? "";
    const session = this.#sessions.get(refreshToken);
    if (session === undefined || session.clientId !== form.get("client_id")) return failure("invalid_grant");
    this.refreshes += 1;
    this.#end(refreshToken, session);
    return this.#tokens(session);
  }

  #tokens(grant: Grant): Reply {
    const { accessToken, refreshToken } = this.addSession(grant);
    return json({
      access_token: accessToken,
      token_type: "Bearer",
      expires_in: ACCESS_TTL_SECONDS,
      refresh_token: refreshToken,
      scope: grant.scope,
      created_at: Math.floor(this.#now() / 1000),
    });
  }

  #revoke(form: URLSearchParams): Reply {
    const token = form.get("token") ?? "";
    for (const [refreshToken, session] of this.#sessions) {
      if (refreshToken === token || session.accessToken === token) this.#end(refreshToken, session);
    }
    return json({});
  }

  #end(refreshToken: string, { accessToken }: Session): void {
    this.#sessions.delete(refreshToken);
    const token = this.#options.state.tokens.get(accessToken);
    if (token !== undefined) this.#options.state.tokens.set(accessToken, { ...token, revoked: true });
  }

  #info(authorization: string | undefined): Reply {
    const token = this.#options.state.tokens.get(authorization?.replace(/^bearer /i, "") ?? "");
    const ends = token?.expiresAt === undefined ? Infinity : Date.parse(token.expiresAt);
    if (token?.kind !== "oauth" || token.revoked || ends <= this.#now()) return failure("invalid_token", 401);
    return json({
      resource_owner_id: 1,
      scope: token.scopes,
      expires_in: Math.floor((ends - this.#now()) / 1000),
    });
  }

  #now(): number {
    return this.#options.now().getTime();
  }
}

function failure(error: string, status = 400): Reply {
  return json({ error, error_description: `The request failed: ${error.replaceAll("_", " ")}.` }, status);
}
