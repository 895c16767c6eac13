/**
 * The token of `artifacts auth login`, refreshed before it ends. A refresh token is good once, so processes that share a login
 * take turns, and whoever comes second takes what the first one got.
 */
import { lock } from "proper-lockfile";
import { UserError } from "../errors.js";
import type { Credential } from "./credentials.js";
import { headersFor } from "./headers.js";
import { type Login, type OAuthLogin, keeperOf, loginFile, readLogin, writeLogin } from "./login-store.js";
import { type Session, refresh } from "./oauth.js";
import { Secret } from "./secret.js";
import { type Environment, type Source, sameHeaders } from "./source.js";

/** A token is refreshed when it has less than this left. */
const EARLY_MS = 60_000;
/** Waiting for others, who may wait for a slow instance: about a minute in all. */
const TURN = { retries: 600, factor: 1, minTimeout: 50, maxTimeout: 150, randomize: true };
/** A process that died in its turn is passed over after this time. */
const STALE_MS = 15_000;

const SOURCE = "artifacts auth login";

/** @param now clock in milliseconds */
export function loginSource(env: Environment, now: () => number): Source {
  return {
    async find(url, refused) {
      const file = loginFile(env, url.origin);
      const login = file === undefined ? undefined : await readLogin(file);
      if (file === undefined || login === undefined) return undefined;
      if (isGood(login, now(), refused) || login.kind === "token") return { credential: credentialOf(login) };
      return { credential: credentialOf(await takeTurn(file, { now, refused })) };
    },
  };
}

/** Whether a login can be used as it is: not about to end, and not what GitLab just refused. */
function isGood(login: Login, now: number, refused: Credential | undefined): boolean {
  if (refused !== undefined && sameHeaders(credentialOf(login), refused)) return false;
  return (
    login.kind === "token" || login.expiresAt === undefined || Date.parse(login.expiresAt) - EARLY_MS > now
  );
}

interface Turn {
  readonly now: () => number;
  readonly refused: Credential | undefined;
}

async function takeTurn(file: string, { now, refused }: Turn): Promise<Login> {
  // Who is held up for so long loses the turn, and goes on with what is under way.
  const options = { stale: STALE_MS, retries: TURN, realpath: false, onCompromised: () => {} };
  const release = await lock(file, options);
  try {
    const login = await readLogin(file);
    if (login === undefined) throw ended("");
    // Somebody else may have had a turn while we waited.
    if (login.kind === "token" || isGood(login, now(), refused)) return login;
    const renewed = await renew(login);
    await writeLogin(file, renewed, await keeperOf(file));
    return renewed;
  } finally {
    await release().catch(() => {}); // the turn is over in any case
  }
}

async function renew(login: OAuthLogin): Promise<OAuthLogin> {
  if (login.refreshToken === undefined) throw ended(login.instance);
  const session = await refresh(login, new Secret(login.refreshToken));
  if (session === undefined) throw ended(login.instance);
  return loginOf(login, session);
}

/** A session as it is stored. */
export function loginOf(
  { instance, clientId }: { instance: string; clientId: string },
  session: Session,
): OAuthLogin {
  const { accessToken, refreshToken, expiresAt, scopes } = session;
  return {
    kind: "oauth",
    instance,
    clientId,
    accessToken: accessToken.reveal(),
    ...(refreshToken === undefined ? {} : { refreshToken: refreshToken.reveal() }),
    ...(expiresAt === undefined ? {} : { expiresAt: expiresAt.toISOString() }),
    scopes: [...scopes],
  };
}

function credentialOf(login: Login): Credential {
  if (login.kind === "token")
    return { headers: headersFor(new Secret(login.token), "user", SOURCE), source: SOURCE };
  const headers = headersFor(new Secret(login.accessToken), "oauth", SOURCE);
  const { expiresAt } = login;
  return { headers, source: SOURCE, ...(expiresAt === undefined ? {} : { expiresAt: new Date(expiresAt) }) };
}

function ended(instance: string): UserError {
  return new UserError("CREDENTIALS_LOGIN_ENDED", `The login at ${instance || "the instance"} has ended.`, {
    hint: `log in again: artifacts auth login ${instance}`.trim(),
  });
}
