/**
 * Tokens that do not say where they belong: `--token-file`, the environment, a systemd credential. Something outside the
 * repository must say it for them: `GITLAB_HOST`, the CI server, or the user's settings. Loopback needs no saying.
 */
import { join } from "node:path";
import { UserError } from "../errors.js";
import { type TokenKind, headersFor } from "./headers.js";
import { IMPURE_ENV_VARIABLE } from "./impure-env.js";
import { hostSetting, isLoopback, originOfHost } from "./origin.js";
import { Secret } from "./secret.js";
import { type Settings, settingsFor } from "./settings.js";
import { type Environment, type Found, type Source, setting } from "./source.js";
import { hasTokenFile, readTokenFile } from "./token-file.js";

/** What glab honours, too; not its OAUTH_TOKEN, under which programs keep tokens of other services. */
const TOKEN_VARIABLES = ["GITLAB_TOKEN", "GITLAB_ACCESS_TOKEN"] as const;
/** Names for the host, as glab knows them; then that of a GitLab job. */
export const HOST_VARIABLES = ["GITLAB_HOST", "GITLAB_URI", "GL_HOST", "CI_SERVER_URL"] as const;
/** `LoadCredential=gitlab-token:/path` of a systemd unit. */
const SYSTEMD_CREDENTIAL = "gitlab-token";

/** Every variable that holds a token: programs that we start get none of them. */
export const SECRET_VARIABLES: readonly string[] = [
  ...TOKEN_VARIABLES,
  "OAUTH_TOKEN",
  "CI_JOB_TOKEN",
  "CI_JOB_JWT",
  IMPURE_ENV_VARIABLE,
];

export interface UnboundOptions {
  readonly env: Environment;
  readonly tokenFile: string | undefined;
  readonly settings: () => Promise<Settings>;
  /** Asks the person whether the token may be sent to the origin; undefined when nobody can be asked. */
  readonly confirm: ((source: string, origin: URL) => Promise<boolean>) | undefined;
}

/**
 * The sources of unbound tokens, in their order.
 *
 * @throws UserError when a host variable does not name a host
 */
export function unboundSources(options: UnboundOptions): Source[] {
  return tokensOf(options).map((token) => ({ find: (url) => findUnbound(token, url, options) }));
}

interface Token {
  /** For messages. */
  readonly name: string;
  readonly kind: TokenKind;
  /** The value; undefined when it is not there after all. */
  readonly read: () => Promise<Secret | undefined>;
  /** Where the token belongs; undefined when nothing says so. */
  readonly home: URL | undefined;
  /** Whether it may also go to any instance on this machine and to those that the user trusts. */
  readonly ofPerson: boolean;
}

function tokensOf({ env, tokenFile }: UnboundOptions): Token[] {
  const home = homeOf(env);
  const person = { kind: "user", home, ofPerson: true } as const;
  const tokens: Token[] = [];
  if (tokenFile !== undefined) {
    tokens.push({ ...person, name: `--token-file ${tokenFile}`, read: () => readTokenFile(tokenFile) });
  }
  for (const variable of TOKEN_VARIABLES) {
    const value = setting(env, variable);
    if (value !== undefined) tokens.push({ ...person, name: variable, read: fixed(value) });
  }
  const jobToken = jobTokenOf(env);
  if (jobToken !== undefined) tokens.push(jobToken);
  const systemd = setting(env, "CREDENTIALS_DIRECTORY");
  if (systemd !== undefined) {
    const file = join(systemd, SYSTEMD_CREDENTIAL);
    // systemd grants the unit's user by an ACL, whose mask shows as the permissions of the group.
    const read = async () =>
      (await hasTokenFile(file)) ? readTokenFile(file, { groupMayRead: true }) : undefined;
    tokens.push({ ...person, name: `the systemd credential ${SYSTEMD_CREDENTIAL}`, read });
  }
  return tokens;
}

/** The token of the GitLab job that we run in; it is for the server of that job alone. */
function jobTokenOf(env: Environment): Token | undefined {
  const value = setting(env, "CI_JOB_TOKEN");
  const server = setting(env, "CI_SERVER_URL");
  if (value === undefined || server === undefined || setting(env, "GITLAB_CI") === undefined)
    return undefined;
  const home = originOfHost(server, "CI_SERVER_URL");
  return { name: "CI_JOB_TOKEN", kind: "job", read: fixed(value), home, ofPerson: false };
}

function fixed(value: string): Token["read"] {
  const secret = new Secret(value);
  return () => Promise.resolve(secret);
}

function homeOf(env: Environment): URL | undefined {
  for (const variable of HOST_VARIABLES) {
    const value = setting(env, variable);
    if (value !== undefined) return originOfHost(value, variable);
  }
  return undefined;
}

async function findUnbound(token: Token, url: URL, options: UnboundOptions): Promise<Found> {
  const verdict = await judge(token, url, options);
  if (verdict === "stays") return undefined;
  const value = await token.read();
  if (value === undefined) return undefined;
  if (verdict === "goes")
    return { credential: { headers: headersFor(value, token.kind, token.name), source: token.name } };
  return { obstacle: verdict };
}

/** Whether the token goes to `url`, stays, or why the person must decide. */
async function judge(token: Token, url: URL, options: UnboundOptions): Promise<"goes" | "stays" | UserError> {
  if (token.ofPerson && isLoopback(url)) return "goes";
  const instance = settingsFor(await options.settings(), url)?.instance;
  const trusted = token.ofPerson && instance?.trusted === true;
  if (!trusted && token.home !== undefined && token.home.hostname !== url.hostname) return "stays";
  if (url.protocol !== "https:" && !isLoopback(url) && instance?.plainHttp !== true)
    return plainHttp(token, url);
  if (trusted) return "goes";
  if (token.home === undefined)
    return (await options.confirm?.(token.name, new URL(url.origin))) === true
      ? "goes"
      : homeless(token, url);
  return token.home.origin === url.origin ? "goes" : "stays";
}

function plainHttp(token: Token, url: URL): UserError {
  return new UserError(
    "CREDENTIALS_PLAIN_HTTP",
    `The token from ${token.name} is not sent to ${url.origin}: over plain http everybody on the way can read it.`,
    {
      hint: `use https://${url.hostname}; where that cannot be, run: artifacts auth trust ${url.origin} --plain-http`,
    },
  );
}

function homeless(token: Token, url: URL): UserError {
  return new UserError(
    "CREDENTIALS_HOST_UNCONFIRMED",
    `The token from ${token.name} is not sent to ${url.origin}: nothing outside this repository says that it belongs there.`,
    {
      hint: `if it does, run: artifacts auth trust ${url.origin}; or: export GITLAB_HOST=${hostSetting(url)}`,
    },
  );
}
