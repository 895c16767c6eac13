/** All that a running proxy holds. */
import { createMetrics } from "../proxy/admin/metrics.js";
import { createWatch } from "../proxy/admin/watch.js";
import { openCache } from "../proxy/cache/cache.js";
import { type Locks, notesOfLocks } from "../proxy/locks.js";
import { LOG_FORMATS, type Log } from "../proxy/log.js";
import { startProxy } from "../proxy/proxy.js";
import { openTls } from "../proxy/tls.js";
import type { CommandContext } from "./command.js";
import { openGitLab } from "./open-gitlab.js";
import { openAllLocks } from "./open-locks.js";
import type { ProxySettings } from "./proxy-settings.js";
import type { TokenWatch } from "./token-watch.js";

export interface OpenProxy {
  /** As those of `Proxy`. */
  readonly urls: readonly string[];
  readonly locks: Locks;
  readonly log: Log;
  /** Finishes what runs. */
  close(): Promise<void>;
}

/**
 * Starts a proxy. What was opened is closed in the reverse order, also when something fails on the way.
 *
 * @throws UserError about the first thing that is not fit
 */
export async function openProxy(
  settings: ProxySettings,
  tokens: TokenWatch,
  context: CommandContext,
): Promise<OpenProxy> {
  const closers: (() => void | Promise<void>)[] = [];
  const close = async () => {
    for (const closeOne of closers.toReversed()) await closeOne();
  };
  try {
    return { ...(await openAll(settings, { tokens, context, closers })), close };
  } catch (error) {
    await close();
    throw error;
  }
}

interface Opening {
  readonly tokens: TokenWatch;
  readonly context: CommandContext;
  /** How to close what is open, in the order of opening. */
  readonly closers: (() => void | Promise<void>)[];
}

async function openAll(settings: ProxySettings, { tokens, context, closers }: Opening) {
  const { admin, files, instance, cache: directory, cacheSize, tls: tlsFiles, ...rest } = settings;
  const { log, told } = openLog(settings, context);
  const tls = tlsFiles === undefined ? undefined : await openTls(tlsFiles, { log });
  if (tls !== undefined) closers.push(tls.close);
  const cache = await openCache({ directory, maxBytes: cacheSize, log });
  closers.push(cache.close);
  const gitlab = openGitLab(context, tokens);
  closers.push(gitlab.close);
  const locks = await openAllLocks({
    files,
    directory: context.cwd,
    instance,
    gitlab,
    cache: directory,
    log,
  });
  closers.push(locks.close);
  const proxy = await startProxy({
    ...rest,
    ...(told === undefined ? {} : { admin: { ...told, listeners: admin, lockStates: locks.states } }),
    tls,
    notes: () => notesOfLocks(locks.states()),
    locks: locks.current,
    gitlab,
    cache,
    log,
  });
  closers.push(() => proxy.close());
  return { urls: proxy.urls, locks, log };
}

/** The log, of which the status page and the metrics are made as well, where there are any. */
function openLog({ admin, logFormat }: ProxySettings, { terminal }: CommandContext) {
  const told = admin.length === 0 ? undefined : { watch: createWatch(), metrics: createMetrics() };
  const write = LOG_FORMATS[logFormat]((line) => terminal.log(line));
  const log: Log = (entry) => {
    write(entry);
    told?.watch.log(entry);
    told?.metrics.log(entry);
  };
  return { log, told };
}
