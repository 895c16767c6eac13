/** `artifacts proxy`: serve locked artifacts to Nix until stopped. */
import { once } from "node:events";
import { homedir } from "node:os";
import { basename, join, resolve } from "node:path";
import { UserError } from "../errors.js";
import { openCache } from "../proxy/cache/cache.js";
import { parseListener } from "../proxy/listener.js";
import { openLocks } from "../proxy/locks.js";
import { formatLogEntry, type LogEntry } from "../proxy/log.js";
import { type ProxyOptions as StartOptions, startProxy } from "../proxy/proxy.js";
import { groupId } from "../proxy/group-id.js";
import { originOfHost } from "../credentials/origin.js";
import { openProject } from "../project.js";
import type { CommandContext, Run } from "./command.js";
import { openGitLab } from "./open-gitlab.js";

export interface ProxyOptions {
  readonly listen?: readonly string[];
  readonly passthrough?: readonly string[];
  readonly socketGroup?: string;
  readonly lock?: readonly string[];
  readonly cache?: string;
  readonly cacheSize?: string;
}

const DEFAULT_CACHE_SIZE = "20G";

export const run: Run<ProxyOptions> = async (_names, options, context) => {
  const { config, lockFile } = await openProject(context.cwd);
  const files = options.lock?.map((file) => resolve(context.cwd, file)) ?? [lockFile];
  const listeners = await listenersOf(options, new URL(config.proxy).host, context);
  const log = (entry: LogEntry) => context.terminal.log(formatLogEntry(entry));
  const locks = await openLocks(files, log);
  const cache = await openCache({
    directory: cacheDirectory(options.cache, context),
    maxBytes: parseSize(options.cacheSize ?? DEFAULT_CACHE_SIZE),
    log,
  });
  const gitlab = openGitLab(context);
  const proxy = await startProxy({ ...listeners, locks: locks.current, gitlab, cache, log });
  const served = files.map((file) => basename(file)).join(", ");
  context.print(`serving ${served} on ${proxy.urls.join(", ")}\n`);
  if (!context.signal.aborted) await once(context.signal, "abort");
  await proxy.close();
  cache.close();
  locks.close();
  await gitlab.close();
  return { data: { urls: proxy.urls }, text: "" };
};

/** Without any address, the one that derivations carry. */
async function listenersOf(
  { listen, passthrough, socketGroup }: ProxyOptions,
  address: string,
  { env }: CommandContext,
): Promise<Pick<StartOptions, "listeners" | "passthrough">> {
  const group = socketGroup === undefined ? undefined : await groupId(socketGroup);
  const parse = (text: string) => parseListener(text, group);
  if (passthrough === undefined) return { listeners: (listen ?? [address]).map(parse) };
  const [variable, host] = ["GITLAB_HOST", "CI_SERVER_URL"]
    .map((name) => [name, env[name]] as const)
    .find(([, value]) => value !== undefined && value !== "") ?? ["", undefined];
  if (host === undefined) throw hostUnknown();
  const origin = originOfHost(host, variable);
  return { listeners: (listen ?? []).map(parse), passthrough: { listeners: passthrough.map(parse), origin } };
}

function hostUnknown(): UserError {
  return new UserError("PROXY_HOST_UNKNOWN", "--passthrough needs to know whose tokens its callers bring", {
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
