/**
 * `artifacts auth netrc`: the entry with which Nix shows a proxy (`--passthrough`) who asks. Nix reads one file, `netrc-file` of
 * nix.conf, and finds an entry by the name of the host alone.
 */
import { realpath } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Credential } from "../credentials/credentials.js";
import { netrcEntry, parseNetrc } from "../credentials/netrc.js";
import { isLoopback, originOfHost } from "../credentials/origin.js";
import { netrcFile } from "../credentials/user-files.js";
import { UserError } from "../errors.js";
import { openProject } from "../project.js";
import { readText, writeFiles } from "../write-file.js";
import { chosenInstance } from "./chosen-instance.js";
import type { CommandContext, Run } from "./command.js";
import { openCredentials } from "./open-credentials.js";

export interface NetrcOptions {
  /** The instance whose token it is. */
  readonly gitlab?: string;
  readonly install?: boolean;
  readonly to?: string;
}

export const run: Run<NetrcOptions> = async ([proxy], { gitlab, install = false, to }, context) => {
  const instance = chosenInstance(gitlab, context.env);
  const { hostname } = await requireProxy(proxy, context);
  const file = await fileFor(install, to, context);
  const entry = netrcEntry({ machine: hostname, ...(await requireToken(instance, context)) });
  if (file === undefined) return { data: { machine: hostname, instance, entry }, text: entry };
  await requireOurs(file, hostname);
  await writeFiles([{ path: file, text: `${entry}\n`, mode: 0o600 }]);
  const text = `${file} has the entry for ${hostname}; Nix reads it with this line in nix.conf, or for one command in NIX_CONFIG:\nnetrc-file = ${file}`;
  return { data: { machine: hostname, instance, file }, text };
};

/** Who gets the token is for the person to say: a repository may name a proxy on this machine only. */
async function requireProxy(given: string | undefined, { cwd }: CommandContext): Promise<URL> {
  if (given !== undefined) return requireSafe(originOfHost(given, "the argument"));
  const configured = new URL((await openProject(cwd)).config.proxy);
  if (isLoopback(configured)) return configured;
  throw new UserError(
    "NETRC_WHICH_PROXY",
    `artifacts.config.ts names a proxy on another machine, ${configured.origin}, and a repository does not decide who gets a token`,
    { exitCode: 2, hint: `if it is the right one: artifacts auth netrc ${configured.origin}` },
  );
}

function requireSafe(proxy: URL): URL {
  if (proxy.protocol === "https:" || isLoopback(proxy)) return proxy;
  throw new UserError(
    "NETRC_PLAIN_HTTP",
    `Nix would send the token to ${proxy.origin} over plain http, where everybody on the way can read it`,
    { hint: "put TLS before the proxy and name it with https://" },
  );
}

async function requireToken(
  instance: string,
  context: CommandContext,
): Promise<{ readonly login: string; readonly password: string }> {
  const credential = await openCredentials(context).for(new URL(`${instance}/api/v4/user`));
  if (credential === undefined) {
    throw new UserError("NETRC_NO_TOKEN", `there is no token for ${instance}`, {
      hint: `artifacts auth login ${instance} --with-token`,
    });
  }
  if (credential.expiresAt !== undefined) {
    const end = credential.expiresAt.toISOString().slice(0, 16).replace("T", " ");
    context.terminal.warn(
      `the token from ${credential.source} ends at ${end} UTC, and Nix does not renew it: a personal access token with the scope read_api lasts longer`,
    );
  }
  return asPassword(credential, instance);
}

/** The user names by which GitLab and the proxy know the kind of a token ("Git over HTTPS", "CI/CD job token"). */
function asPassword({ headers, source }: Credential, instance: string): { login: string; password: string } {
  const [header, ...more] = Object.entries(headers);
  const [name, value = ""] = header ?? [];
  const bearer = /^Bearer (\S+)$/i.exec(value)?.[1];
  if (more.length === 0 && name === "private-token") return { login: "token", password: value };
  if (more.length === 0 && name === "job-token") return { login: "gitlab-ci-token", password: value };
  if (more.length === 0 && name === "authorization" && bearer !== undefined)
    return { login: "oauth2", password: bearer };
  throw new UserError(
    "NETRC_NOT_A_TOKEN",
    `what ${source} has for ${instance} is not one GitLab token, and netrc holds nothing else`,
  );
}

/** Where the entry goes; undefined: to stdout. */
async function fileFor(
  install: boolean,
  to: string | undefined,
  { cwd, env }: CommandContext,
): Promise<string | undefined> {
  if (!install && to === undefined) return undefined;
  const file = to === undefined ? netrcFile(env) : resolve(cwd, to);
  if (file === undefined) {
    throw new UserError(
      "CREDENTIALS_NO_HOME",
      "there is no place for the file: HOME and XDG_CONFIG_HOME are not set",
      {
        hint: "name one with --to FILE",
      },
    );
  }
  const own = [env["NETRC"], env["HOME"] === undefined ? undefined : join(env["HOME"], ".netrc")];
  for (const path of own) {
    if (path !== undefined && (await real(path)) === (await real(file))) throw usersOwn(file);
  }
  return file;
}

/** What a path leads to, through links; the path itself when nothing is there. */
function real(path: string): Promise<string> {
  return realpath(path).catch(() => resolve(path));
}

function usersOwn(file: string): UserError {
  return new UserError(
    "NETRC_USERS_OWN",
    `${file} is your own netrc, which other programs read; it is not touched`,
    {
      exitCode: 2,
      hint: "use --install, or --to with another file",
    },
  );
}

/** A file that is there is replaced only when it holds nothing but an entry for the same machine. */
async function requireOurs(file: string, machine: string): Promise<void> {
  const text = await readText(file);
  if (text === undefined) return;
  const entries = parseNetrc(text);
  if (entries.length === 1 && entries[0]?.machine === machine) return;
  throw new UserError(
    "NETRC_HAS_OTHERS",
    `${file} holds something else than the entry for ${machine}; it is not touched`,
    {
      hint: "name a file of its own with --to, or add the entry by hand: artifacts auth netrc",
    },
  );
}
