/**
 * Who asks: GitLab's ways to send a token, and its answers to tokens that are unknown, over, or too narrow.
 */
import { secretIn } from "../http/credentials.js";
import { json, refuse, Refusal } from "../http/reply.js";
import type { HttpRequest } from "../http/request.js";
import { atLeast } from "../knobs.js";
import type { Token } from "../state/model.js";
import type { Instance } from "./exchange.js";
import type { Route } from "./router.js";

/** A token as it was sent. */
export interface PresentedToken {
  readonly kind: "access" | "job";
  /** The header's name in lower case, or the query parameter's with `?` before it. */
  readonly header: string;
  readonly secret: string;
}

/** The token that GitLab looks at. Basic authentication is none: the artifact and pipeline routes do not read it. */
export function presentedToken({ headers, query }: HttpRequest): PresentedToken | undefined {
  const { authorization } = headers;
  const candidates: [PresentedToken["kind"], string, unknown][] = [
    ["access", "private-token", headers["private-token"]],
    ["access", "?private_token", query.get("private_token")],
    ["access", "authorization", /^bearer /i.test(authorization ?? "") ? authorization : undefined],
    ["access", "?access_token", query.get("access_token")],
    ["job", "job-token", headers["job-token"]],
    ["job", "?job_token", query.get("job_token")],
  ];
  for (const [kind, header, value] of candidates)
    if (typeof value === "string" && value !== "") return { kind, header, secret: secretIn(header, value) };
  return undefined;
}

/**
 * The token's record, or undefined for an anonymous request. Job tokens count as absent on routes that do not take them.
 *
 * Throws a `Refusal` with 401 or 403.
 */
export function authenticate(instance: Instance, request: HttpRequest, route: Route): Token | undefined {
  const presented = presentedToken(request);
  const caller = presented && callerOf(instance, presented, route);
  if (caller !== undefined && caller.kind !== "job") requireScope(caller, scopesFor(route));
  if (caller === undefined && route.login === "required") unauthorized();
  return caller;
}

function callerOf(instance: Instance, presented: PresentedToken, route: Route): Token | undefined {
  const token = instance.state.tokens.get(presented.secret);
  const takesJobTokens = acceptsJobTokens(instance, route);
  if (presented.kind === "job") {
    if (!takesJobTokens) return undefined;
    if (token?.kind !== "job") unauthorized();
  }
  if (token === undefined) unauthorized();
  if (token.kind === "job") {
    const wayIn = presented.kind === "job" || presented.header === "authorization";
    if (!wayIn || !takesJobTokens || !isRunning(instance, token)) unauthorized();
    return token;
  }
  if (token.kind === "oauth" && presented.header.endsWith("private-token")) unauthorized();
  requireAlive(instance, token);
  return token;
}

function acceptsJobTokens({ knobs }: Instance, { jobToken }: Route): boolean {
  if (jobToken === "artifacts") return knobs.plan === "premium";
  return jobToken === "always" || (jobToken !== "never" && atLeast(knobs, jobToken.since));
}

/** A job token dies with its job. */
function isRunning({ state }: Instance, { job }: Token): boolean {
  return job === undefined || state.jobs.get(job)?.status === "running";
}

function requireAlive({ now }: Instance, token: Token): void {
  if (token.revoked) invalidToken("Token was revoked. You have to re-authorize from the user.");
  if (token.expiresAt !== undefined && new Date(token.expiresAt) <= now())
    invalidToken("Token is expired. You can either do re-authorization or token refresh.");
}

type Scope = Token["scopes"][number];

function scopesFor({ method, extraScope }: Route): Scope[] {
  const general: Scope[] = method === "GET" ? ["api", "read_api"] : ["api"];
  return extraScope === undefined ? general : [...general, extraScope];
}

/** The OAuth layer's refusal, RFC 6750 section 3.1. */
function requireScope(token: Token, scopes: readonly Scope[]): void {
  if (scopes.some((scope) => token.scopes.includes(scope))) return;
  throw new Refusal(
    json(
      {
        error: "insufficient_scope",
        error_description: "The request requires higher privileges than provided by the access token.",
        scope: scopes.join(" "),
      },
      403,
    ),
  );
}

function invalidToken(description: string): never {
  throw new Refusal(
    json({ error: "invalid_token", error_description: description }, 401, {
      "WWW-Authenticate": `Bearer realm="Protected by OAuth 2.0", error="invalid_token", error_description="${description}"`,
    }),
  );
}

export function unauthorized(): never {
  refuse(401, "Unauthorized");
}
