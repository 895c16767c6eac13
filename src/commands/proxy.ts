/** `artifacts proxy`: serve locked artifacts to Nix until stopped. */
import { once } from "node:events";
import { homedir } from "node:os";
import { basename, join, resolve } from "node:path";
import { UserError } from "../errors.js";
import { openCache } from "../proxy/cache/cache.js";
import { parseListener } from "../proxy/listener.js";
import { openLocks } from "../proxy/locks.js";
import { formatLogEntry, type LogEntry } from "../proxy/log.js";
import { startProxy } from "../proxy/proxy.js";
import { openProject } from "../project.js";
import type { CommandContext, Run } from "./command.js";
import { openGitLab } from "./open-gitlab.js";

export interface ProxyOptions {
  readonly listen?: readonly string[];
  readonly lock?: readonly string[];
  readonly cache?: string;
  readonly cacheSize?: string;
}

const DEFAULT_CACHE_SIZE = "20G";

export const run: Run<ProxyOptions> = async (_names, options, context) => {
  const { config, lockFile } = await openProject(context.cwd);
  const files = options.lock?.map((file) => resolve(context.cwd, file)) ?? [lockFile];
  const listeners = (options.listen ?? [new URL(config.proxy).host]).map(parseListener);
  const log = (entry: LogEntry) => context.terminal.log(formatLogEntry(entry));
  const locks = await openLocks(files, log);
  const cache = await openCache({
    directory: cacheDirectory(options.cache, context),
    maxBytes: parseSize(options.cacheSize ?? DEFAULT_CACHE_SIZE),
    log,
  });
  const gitlab = openGitLab(context);
  const proxy = await startProxy({ listeners, locks: locks.current, gitlab, cache, log });
  const served = files.map((file) => basename(file)).join(", ");
  context.print(`serving ${served} on ${proxy.urls.join(", ")}\n`);
  if (!context.signal.aborted) await once(context.signal, "abort");
  await proxy.close();
  cache.close();
  locks.close();
  await gitlab.close();
  return { data: { urls: proxy.urls }, text: "" };
};

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
