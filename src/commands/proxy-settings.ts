/** What the options of `artifacts proxy` and the environment say. */
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { originOfHost } from "../credentials/origin.js";
import type { ProxyRule } from "../config/proxy-rule.js";
import { UserError } from "../errors.js";
import { openProject } from "../project.js";
import { groupId } from "../proxy/group-id.js";
import { expectedSockets, inheritedSockets, namedSockets } from "../proxy/inherited.js";
import { type ListenAddress, parseListener } from "../proxy/listener.js";
import { parseLockAddress } from "../proxy/lock-address.js";
import type { LOG_FORMATS } from "../proxy/log.js";
import type { ProxyOptions as StartOptions } from "../proxy/proxy.js";
import type { CommandContext } from "./command.js";

export interface ProxyOptions {
  readonly check?: boolean;
  readonly listen?: readonly string[];
  readonly passthrough?: readonly string[];
  readonly idTokenListen?: readonly string[];
  readonly audience?: readonly string[];
  readonly adminListen?: readonly string[];
  readonly socketGroup?: string;
  readonly lock?: readonly string[];
  readonly cache?: string;
  readonly cacheSize?: string;
  readonly logFormat?: string;
}

export interface ProxySettings extends Pick<StartOptions, "listeners" | "passthrough" | "idTokens"> {
  readonly admin: readonly ListenAddress[];
  /** Base URL of the instance that `--lock gitlab:…` means. */
  readonly instance: string | undefined;
  /** Lockfiles, patterns of them, or addresses in repositories. */
  readonly files: readonly string[];
  /** Who may have what; undefined: whoever gets in may have all that is locked. */
  readonly policy: readonly ProxyRule[] | undefined;
  /** Absolute path of the cache. */
  readonly cache: string;
  /** In bytes. */
  readonly cacheSize: number;
  readonly logFormat: keyof typeof LOG_FORMATS;
}

const DEFAULT_CACHE_SIZE = "20G";

/** @throws UserError about the option that is wrong */
export async function settingsOf(options: ProxyOptions, context: CommandContext): Promise<ProxySettings> {
  const { config, lockFile } = await openProject(context.cwd);
  if (options.idTokenListen !== undefined && config.proxyPolicy === undefined) throw policyMissing();
  const files = options.lock ?? [lockFile];
  return {
    ...(await listenersOf(options, new URL(config.proxy).host, context)),
    instance: files.some(parseLockAddress) ? (config.gitlab ?? hostOf(context.env)?.origin) : undefined,
    files,
    policy: config.proxyPolicy,
    cache: cacheDirectory(options.cache, context),
    cacheSize: parseSize(options.cacheSize ?? DEFAULT_CACHE_SIZE),
    logFormat: parseLogFormat(options.logFormat ?? "text"),
  };
}

/** Without any address, the one that derivations carry. */
async function listenersOf(
  { check = false, listen, passthrough, idTokenListen, audience, adminListen, socketGroup }: ProxyOptions,
  address: string,
  { env }: CommandContext,
): Promise<Pick<ProxySettings, "listeners" | "passthrough" | "idTokens" | "admin">> {
  const group = socketGroup === undefined ? undefined : await groupId(socketGroup);
  const sockets = inheritedSockets(env, process.pid);
  const parseFor =
    (group?: number) =>
    (text: string): readonly ListenAddress[] =>
      (check ? expectedSockets(text) : namedSockets(text, sockets)) ?? [parseListener(text, group)];
  const parse = parseFor(group);
  // Who may build is not who may look on: the group is let in to artifacts alone.
  const admin = (adminListen ?? []).flatMap(parseFor());
  if (passthrough === undefined && idTokenListen === undefined) {
    return { listeners: (listen ?? [address]).flatMap(parse), admin };
  }
  const origin = hostOf(env);
  if (origin === undefined)
    throw hostUnknown(passthrough === undefined ? "--id-token-listen" : "--passthrough");
  const idTokens = {
    listeners: (idTokenListen ?? []).flatMap(parse),
    issuer: origin,
    audiences: audience ?? [],
  };
  if (idTokenListen !== undefined && audience === undefined) throw audienceUnknown();
  return {
    listeners: (listen ?? []).flatMap(parse),
    ...(passthrough === undefined ? {} : { passthrough: { listeners: passthrough.flatMap(parse), origin } }),
    ...(idTokenListen === undefined ? {} : { idTokens }),
    admin,
  };
}

/** The instance that the environment names. */
function hostOf(env: CommandContext["env"]): URL | undefined {
  const [variable, host] = ["GITLAB_HOST", "CI_SERVER_URL"]
    .map((name) => [name, env[name]] as const)
    .find(([, value]) => value !== undefined && value !== "") ?? ["", undefined];
  return host === undefined ? undefined : originOfHost(host, variable);
}

function audienceUnknown(): UserError {
  return new UserError(
    "PROXY_AUDIENCE_UNKNOWN",
    "--id-token-listen needs to know for whom tokens are meant",
    {
      exitCode: 2,
      hint: "name what .gitlab-ci.yml has in `aud`: --audience https://artifacts.example.com",
    },
  );
}

/** Every project of the instance can make a token for any audience. */
function policyMissing(): UserError {
  return new UserError(
    "PROXY_POLICY_MISSING",
    "--id-token-listen needs a policy: else every job of the instance gets everything",
    {
      exitCode: 2,
      hint: 'write proxyPolicy into artifacts.config.ts, with callers: [{ kind: "job", projects: ["group/*"] }]',
    },
  );
}

function hostUnknown(option: string): UserError {
  return new UserError("PROXY_HOST_UNKNOWN", `${option} needs to know whose tokens its callers bring`, {
    exitCode: 2,
    hint: "name the instance, which alone is sent them: GITLAB_HOST=gitlab.example.com",
  });
}

/** systemd names the directory of `CacheDirectory=` (systemd.exec(5)); else it is the user's own (XDG Base Directory). */
function cacheDirectory(asked: string | undefined, { cwd, env }: CommandContext): string {
  if (asked !== undefined) return resolve(cwd, asked);
  const [systemd] = (env["CACHE_DIRECTORY"] ?? "").split(":");
  if (systemd !== undefined && systemd !== "") return systemd;
  const home = env["XDG_CACHE_HOME"] ?? join(env["HOME"] ?? homedir(), ".cache");
  return join(home, "nix-artifacts", "proxy");
}

const UNITS = { "": 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 } as const;

function parseSize(text: string): number {
  const [, digits, unit] = /^(\d{1,6})([KMGT]?)$/i.exec(text) ?? [];
  if (digits === undefined || unit === undefined) {
    throw new UserError("BAD_SIZE", `--cache-size expects a number of bytes, got "${text}"`, {
      exitCode: 2,
      hint: "for example --cache-size 500M or --cache-size 20G",
    });
  }
  return Number(digits) * UNITS[unit.toUpperCase() as keyof typeof UNITS]; // the pattern has exactly these
}

function parseLogFormat(text: string): keyof typeof LOG_FORMATS {
  if (text === "text" || text === "json") return text;
  throw new UserError("BAD_LOG_FORMAT", `--log-format is text or json, got "${text}"`, { exitCode: 2 });
}
