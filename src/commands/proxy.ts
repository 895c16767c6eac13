/** `artifacts proxy`: serve locked artifacts to Nix until stopped. */
import { once } from "node:events";
import { basename, isAbsolute } from "node:path";
import type { EndingSoon } from "../credentials/token-ends.js";
import { instancesOf } from "../lock/instances.js";
import type { Locks } from "../proxy/locks.js";
import type { Run } from "./command.js";
import { openTokens } from "./open-gitlab.js";
import { openProxy } from "./open-proxy.js";
import { checkProxySettings } from "./proxy-check.js";
import { hasOwnToken } from "./proxy-listeners.js";
import { type ProxyOptions, settingsOf } from "./proxy-settings.js";
import { tellTokenEndsDaily } from "./token-ends-daily.js";

export const run: Run<ProxyOptions> = async (_names, options, context) => {
  const settings = await settingsOf(options, context);
  if (options.check === true) return checkProxySettings(settings, context);
  const tokens = openTokens(context);
  const { urls, locks, log, close } = await openProxy(settings, tokens, context);
  context.print(`serving ${namesOf(locks)} on ${urls.join(", ")}\n`);
  // Callers' tokens are theirs to renew.
  const instances = () => (hasOwnToken(settings) ? instancesOf(...locks.current()) : []);
  const tell = (end: EndingSoon) => log({ level: "warn", event: "token-ends", ...end });
  void tellTokenEndsDaily({ tokens, instances, tell }, context);
  if (!context.signal.aborted) await once(context.signal, "abort");
  await close();
  return { data: { urls }, text: "" };
};

function namesOf(locks: Locks): string {
  const names = locks.states().map(({ file }) => (isAbsolute(file) ? basename(file) : file));
  return names.join(", ");
}
