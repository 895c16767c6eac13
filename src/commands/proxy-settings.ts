/** What the options of `artifacts proxy` and the environment say. */
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import type { ProxyRule } from "../config/proxy-rule.js";
import { UserError } from "../errors.js";
import { openProject } from "../project.js";
import type { ClientPace } from "../proxy/client-pace.js";
import { parseLockAddress } from "../proxy/lock-address.js";
import type { LOG_FORMATS } from "../proxy/log.js";
import type { CommandContext } from "./command.js";
import { type ListenOptions, type ProxyListeners, instanceOf, listenersOf } from "./proxy-listeners.js";

export interface ProxyOptions extends ListenOptions {
  readonly lock?: readonly string[];
  readonly cache?: string;
  readonly cacheSize?: string;
  readonly logFormat?: string;
  readonly minRate?: string;
  readonly idleTimeout?: string;
  readonly peerConnections?: string;
}

export interface ProxySettings extends ProxyListeners {
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
  readonly pace: Partial<ClientPace>;
  /** Of one other machine on each listener; 0: any number; undefined: the default. */
  readonly peerConnections: number | undefined;
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
    instance: files.some(parseLockAddress)
      ? (config.gitlab ?? instanceOf(context.env)?.href.replace(/\/+$/, ""))
      : undefined,
    files,
    policy: config.proxyPolicy,
    cache: cacheDirectory(options.cache, context),
    cacheSize: parseSize("--cache-size", options.cacheSize ?? DEFAULT_CACHE_SIZE),
    pace: paceOf(options),
    peerConnections: parseCount("--peer-connections", options.peerConnections),
    logFormat: parseLogFormat(options.logFormat ?? "text"),
  };
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

/** systemd names the directory of `CacheDirectory=` (systemd.exec(5)); else it is the user's own (XDG Base Directory). */
function cacheDirectory(asked: string | undefined, { cwd, env }: CommandContext): string {
  if (asked !== undefined) return resolve(cwd, asked);
  const [systemd] = (env["CACHE_DIRECTORY"] ?? "").split(":");
  if (systemd !== undefined && systemd !== "") return systemd;
  const home = env["XDG_CACHE_HOME"] ?? join(env["HOME"] ?? homedir(), ".cache");
  return join(home, "nix-artifacts", "proxy");
}

function paceOf({ minRate, idleTimeout }: ProxyOptions): Partial<ClientPace> {
  const rate = minRate === undefined ? {} : { leastBytesPerSecond: parseSize("--min-rate", minRate) };
  if (idleTimeout === undefined) return rate;
  if (/^[1-9]\d{0,4}$/.test(idleTimeout)) return { ...rate, idleMs: Number(idleTimeout) * 1000 };
  throw new UserError("BAD_TIMEOUT", `--idle-timeout expects a number of seconds, got "${idleTimeout}"`, {
    exitCode: 2,
    hint: "for example --idle-timeout 60",
  });
}

function parseCount(option: string, text: string | undefined): number | undefined {
  if (text === undefined || /^\d{1,6}$/.test(text)) return text === undefined ? undefined : Number(text);
  throw new UserError("BAD_COUNT", `${option} expects a number, got "${text}"`, {
    exitCode: 2,
    hint: `for example ${option} 64; 0 means any number`,
  });
}

const UNITS = { "": 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 } as const;

function parseSize(option: string, text: string): number {
  const [, digits, unit] = /^(\d{1,6})([KMGT]?)$/i.exec(text) ?? [];
  if (digits === undefined || unit === undefined) {
    throw new UserError("BAD_SIZE", `${option} expects a number of bytes, got "${text}"`, {
      exitCode: 2,
      hint: `for example ${option} 64K or ${option} 20G`,
    });
  }
  return Number(digits) * UNITS[unit.toUpperCase() as keyof typeof UNITS]; // the pattern has exactly these
}

function parseLogFormat(text: string): keyof typeof LOG_FORMATS {
  if (text === "text" || text === "json") return text;
  throw new UserError("BAD_LOG_FORMAT", `--log-format is text or json, got "${text}"`, { exitCode: 2 });
}
