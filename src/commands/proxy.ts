/** `artifacts proxy`: serve locked artifacts to Nix until stopped. */
import { once } from "node:events";
import { basename, isAbsolute } from "node:path";
import type { EndingSoon } from "../credentials/token-ends.js";
import { instancesOf } from "../lock/instances.js";
import { createMetrics } from "../proxy/admin/metrics.js";
import { createWatch } from "../proxy/admin/watch.js";
import { openCache } from "../proxy/cache/cache.js";
import { notesOfLocks } from "../proxy/locks.js";
import { LOG_FORMATS, type Log } from "../proxy/log.js";
import { startProxy } from "../proxy/proxy.js";
import { openTls } from "../proxy/tls.js";
import type { Run } from "./command.js";
import { openGitLab, openTokens } from "./open-gitlab.js";
import { openAllLocks } from "./open-locks.js";
import { checkProxySettings } from "./proxy-check.js";
import { hasOwnToken } from "./proxy-listeners.js";
import { type ProxyOptions, settingsOf } from "./proxy-settings.js";
import { tellTokenEndsDaily } from "./token-ends-daily.js";

export const run: Run<ProxyOptions> = async (_names, options, context) => {
  const settings = await settingsOf(options, context);
  if (options.check === true) return checkProxySettings(settings, context);
  const { listeners, passthrough, idTokens, certificates, admin, files } = settings;
  const told = admin.length === 0 ? undefined : { watch: createWatch(), metrics: createMetrics() };
  const write = LOG_FORMATS[settings.logFormat]((line) => context.terminal.log(line));
  const log: Log = (entry) => {
    write(entry);
    told?.watch.log(entry);
    told?.metrics.log(entry);
  };
  const tls = settings.tls === undefined ? undefined : await openTls(settings.tls, { log });
  const cache = await openCache({ directory: settings.cache, maxBytes: settings.cacheSize, log });
  const tokens = openTokens(context);
  const gitlab = openGitLab(context, tokens);
  const closeAll = async () => {
    tls?.close();
    cache.close();
    await gitlab.close();
  };
  const locks = await openAllLocks({
    files,
    directory: context.cwd,
    instance: settings.instance,
    gitlab,
    cache: settings.cache,
    log,
  }).catch(async (error: unknown) => {
    await closeAll();
    throw error;
  });
  const proxy = await startProxy({
    listeners,
    ...(passthrough === undefined ? {} : { passthrough }),
    ...(idTokens === undefined ? {} : { idTokens }),
    ...(certificates === undefined ? {} : { certificates }),
    tls,
    pace: settings.pace,
    peerConnections: settings.peerConnections,
    ...(told === undefined ? {} : { admin: { ...told, listeners: admin, lockStates: locks.states } }),
    notes: () => notesOfLocks(locks.states()),
    locks: locks.current,
    policy: settings.policy,
    gitlab,
    cache,
    log,
  }).catch(async (error: unknown) => {
    locks.close();
    await closeAll();
    throw error;
  });
  const served = locks
    .states()
    .map(({ file }) => (isAbsolute(file) ? basename(file) : file))
    .join(", ");
  context.print(`serving ${served} on ${proxy.urls.join(", ")}\n`);
  // Callers' tokens are theirs to renew.
  const instances = () => (hasOwnToken(settings) ? instancesOf(...locks.current()) : []);
  const tell = (end: EndingSoon) => log({ level: "warn", event: "token-ends", ...end });
  void tellTokenEndsDaily({ tokens, instances, tell }, context);
  if (!context.signal.aborted) await once(context.signal, "abort");
  await proxy.close();
  locks.close();
  await closeAll();
  return { data: { urls: proxy.urls }, text: "" };
};
