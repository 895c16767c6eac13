/**
 * Finds the token for a host: `--token-file`, `GITLAB_TOKEN`, then `CI_JOB_TOKEN`; the first that belongs to the host wins.
 *
 * A manifest can name any host, so nothing in the repository says where a token may go. The environment does: `GITLAB_HOST`,
 * else `CI_SERVER_URL`. Loopback needs no saying.
 */
import { UserError } from "../errors.js";
import type { Credential, Credentials } from "./credentials.js";
import { hostSetting, isLoopback, originOfHost } from "./origin.js";
import { Secret } from "./secret.js";
import { readTokenFile } from "./token-file.js";

export interface CredentialsOptions {
  /** The environment of the process. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Value of `--token-file`. Read anew for each request, so that a rotated token is used at once. */
  readonly tokenFile?: string | undefined;
}

/**
 * Credentials of the environment and the command line.
 *
 * `for` throws a UserError when there is a token whose host nothing names, when it would go over plain http to another machine,
 * or when it cannot be read. A token that belongs to another host is no token for this one: the request goes out bare.
 */
export function findCredentials(options: CredentialsOptions): Credentials {
  const sources = sourcesOf(options);
  return {
    async for(url) {
      const source = sources.find((source) => belongsTo(source, url));
      if (source === undefined) return undefined;
      return credentialOf(source, await source.token());
    },
  };
}

interface Source {
  /** For messages. */
  readonly name: string;
  readonly token: () => Promise<Secret> | Secret;
  readonly header: (token: Secret) => Record<string, string>;
  /** Where the token belongs; undefined when nothing says so. */
  readonly home: URL | undefined;
  /** Whether it may also go to any instance on this machine. */
  readonly loopback: boolean;
}

function sourcesOf({ env, tokenFile }: CredentialsOptions): Source[] {
  const home = homeOf(env);
  const sources: Source[] = [];
  if (tokenFile !== undefined) {
    const token = async () => new Secret(await readTokenFile(tokenFile));
    sources.push({ name: `--token-file ${tokenFile}`, token, header: userHeader, home, loopback: true });
  }
  const personal = setting(env, "GITLAB_TOKEN");
  if (personal !== undefined) {
    const secret = new Secret(personal);
    sources.push({ name: "GITLAB_TOKEN", token: () => secret, header: userHeader, home, loopback: true });
  }
  const ofJob = setting(env, "CI_JOB_TOKEN");
  const server = setting(env, "CI_SERVER_URL");
  if (ofJob !== undefined && server !== undefined && setting(env, "GITLAB_CI") !== undefined) {
    const secret = new Secret(ofJob);
    const home = originOfHost(server, "CI_SERVER_URL");
    sources.push({ name: "CI_JOB_TOKEN", token: () => secret, header: jobHeader, home, loopback: false });
  }
  return sources;
}

function homeOf(env: CredentialsOptions["env"]): URL | undefined {
  for (const variable of ["GITLAB_HOST", "CI_SERVER_URL"]) {
    const value = setting(env, variable);
    if (value !== undefined) return originOfHost(value, variable);
  }
  return undefined;
}

function setting(env: CredentialsOptions["env"], variable: string): string | undefined {
  const value = env[variable]?.trim();
  return value === "" ? undefined : value;
}

/** Whether the token goes to `url`. Throws when the person must decide. */
function belongsTo(source: Source, url: URL): boolean {
  if (source.loopback && isLoopback(url)) return true;
  if (source.home !== undefined && source.home.hostname !== url.hostname) return false;
  if (url.protocol !== "https:" && !isLoopback(url)) throw plainHttp(source, url);
  if (source.home === undefined) throw homeless(source, url);
  return source.home.origin === url.origin;
}

function plainHttp(source: Source, url: URL): UserError {
  return new UserError(
    "CREDENTIALS_PLAIN_HTTP",
    `The token from ${source.name} is not sent to ${url.origin}: over plain http everybody on the way can read it.`,
    { hint: `use https://${url.hostname}` },
  );
}

function homeless(source: Source, url: URL): UserError {
  return new UserError(
    "CREDENTIALS_HOST_UNCONFIRMED",
    `The token from ${source.name} is not sent to ${url.origin}: nothing outside this repository says that it belongs there.`,
    { hint: `export GITLAB_HOST=${hostSetting(url)}` },
  );
}

function credentialOf(source: Source, token: Secret): Credential {
  // RFC 9110 §5.5: visible characters only. Anything else would be another header, or a token pasted with its neighbours.
  if (!/^[\x21-\x7e]+$/.test(token.reveal())) {
    throw new UserError(
      "CREDENTIALS_BAD_TOKEN",
      `The token from ${source.name} holds spaces or other characters that no GitLab token has.`,
    );
  }
  return { headers: source.header(token), source: source.name };
}

/** OAuth access tokens are 64 hexadecimal digits and are understood only as bearer; all others as PRIVATE-TOKEN. */
function userHeader(token: Secret): Record<string, string> {
  const value = token.reveal();
  return /^[0-9a-f]{64}$/.test(value) ? { authorization: `Bearer ${value}` } : { "private-token": value };
}

function jobHeader(token: Secret): Record<string, string> {
  return { "job-token": token.reveal() };
}
