/**
 * Finds the credential for a URL. Sources in order, and the first that has one for the host wins: `--token-file`, the
 * environment, a CI job's token, systemd, the user's settings (a token file, a credential helper), `artifacts auth login`,
 * glab, netrc, git.
 *
 * A manifest can name any host, so nothing in the repository says where a token may go. Tokens of the first four are bound to
 * a host by the environment or by the user's settings, all others by their own entry.
 */
import { UserError } from "../errors.js";
import type { Credential, Credentials } from "./credentials.js";
import { gitSource } from "./git.js";
import { glabSource } from "./glab.js";
import { headersFor } from "./headers.js";
import { helperSource } from "./credential-helper.js";
import { takesJobTokens } from "./job-token.js";
import { netrcSource } from "./netrc.js";
import { loginSource } from "./login.js";
import { isLoopback } from "./origin.js";
import { remembered } from "./remembered.js";
import { type Settings, readSettings, settingsFor } from "./settings.js";
import { type Environment, type Source, sameHeaders } from "./source.js";
import { readTokenFile } from "./token-file.js";
import { unboundSources } from "./unbound.js";

export interface CredentialsOptions {
  /** The environment of the process. */
  readonly env: Environment;
  /** Value of `--token-file`. Read anew for each request, so that a rotated token is used at once. */
  readonly tokenFile?: string | undefined;
  /** Asks the person whether a token may be sent to an origin that nothing names; absent when nobody can be asked. */
  readonly confirm?: ((source: string, origin: URL) => Promise<boolean>) | undefined;
  /** Told, once each, what will not work as one may think. */
  readonly warn?: ((message: string) => void) | undefined;
  /** Clock in milliseconds. */
  readonly now?: () => number;
}

/** How long a credential that GitLab refused is not sent again. A service asks anew after that. */
const REFUSED_MS = 60_000;

/**
 * Credentials of the environment, the command line and the user's own files.
 *
 * `for` throws a UserError when there is a token whose host nothing names, when it would go over plain http to another machine,
 * or when it cannot be read. A token that belongs to another host is no token for this one: the request goes out bare.
 */
export function findCredentials(options: CredentialsOptions): Credentials {
  const { env, now = Date.now } = options;
  const settings = once(() => readSettings(env));
  const { unbound, bound } = sourcesOf(options, settings);
  const refusals = new Map<string, number>();
  const warnAboutJobToken = jobTokenWarning(options);

  async function search(url: URL, refused?: Credential): Promise<Credential | undefined> {
    let obstacle: UserError | undefined;
    const open =
      isLoopback(url) ||
      url.protocol === "https:" ||
      settingsFor(await settings(), url)?.instance.plainHttp === true;
    for (const source of open ? [...unbound, ...bound] : unbound) {
      const found = await source.find(url, refused);
      if (found !== undefined && "credential" in found) return found.credential;
      obstacle ??= found?.obstacle;
    }
    if (obstacle !== undefined) throw obstacle;
    return undefined;
  }

  return {
    async for(url) {
      const credential = await search(url);
      if (credential === undefined) return undefined;
      if ((refusals.get(keyOf(url, credential)) ?? 0) > now()) throw alreadyRefused(url, credential);
      warnAboutJobToken(url, credential);
      return credential;
    },
    async renewed(url, refused) {
      const credential = await search(url, refused);
      if (credential !== undefined && !sameHeaders(credential, refused)) return credential;
      if (!mayBeTheRoute(url, refused)) refusals.set(keyOf(url, refused), now() + REFUSED_MS);
      return undefined;
    },
  };
}

interface Sources {
  readonly unbound: readonly Source[];
  /** Their own entries say where they belong. */
  readonly bound: readonly Source[];
}

function sourcesOf(options: CredentialsOptions, settings: () => Promise<Settings>): Sources {
  const { env, now = Date.now } = options;
  const origin = (url: URL) => url.origin;
  const prefix = async (url: URL) => settingsFor(await settings(), url)?.prefix.href ?? "";
  return {
    unbound: unboundSources({ env, tokenFile: options.tokenFile, settings, confirm: options.confirm }),
    bound: [
      tokenFileOfSettings(settings),
      remembered(helperSource({ env, settings }), prefix, now),
      remembered(loginSource(env, now), origin, now),
      remembered(glabSource(env), origin, now),
      remembered(netrcSource(env), origin, now),
      remembered(gitSource(env), origin, now),
    ],
  };
}

/** The token file that the user's settings name for an instance. */
function tokenFileOfSettings(settings: () => Promise<Settings>): Source {
  return {
    async find(url) {
      const file = settingsFor(await settings(), url)?.instance.tokenFile;
      if (file === undefined) return undefined;
      return { credential: { headers: headersFor(await readTokenFile(file), "user", file), source: file } };
    },
  };
}

/** A job's token opens few routes, and GraphQL may be shut to a token that REST takes, or say what is wrong with it. */
function mayBeTheRoute({ pathname }: URL, { headers }: Credential): boolean {
  return headers["job-token"] !== undefined || pathname.endsWith("/api/graphql");
}

function keyOf(url: URL, { headers }: Credential): string {
  return JSON.stringify([url.origin, headers]);
}

function alreadyRefused(url: URL, { source }: Credential): UserError {
  return new UserError(
    "CREDENTIALS_REFUSED",
    `${url.origin} has just refused the token from ${source}, so it is not sent again.`,
    { hint: `put a new token into ${source}; \`artifacts auth status\` shows what a token can do` },
  );
}

function jobTokenWarning({ env, warn }: CredentialsOptions): (url: URL, credential: Credential) => void {
  let warned = false;
  return (url, { headers }) => {
    if (warned || headers["job-token"] === undefined || takesJobTokens(url, env["CI_SERVER_VERSION"])) return;
    warned = true;
    warn?.(
      `CI_JOB_TOKEN does not open ${url.pathname}: what is not public stays hidden there. Set GITLAB_TOKEN in the project's CI/CD variables to a token with the scope read_api.`,
    );
  };
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}
