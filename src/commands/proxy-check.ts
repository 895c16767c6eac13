/** `artifacts proxy --check`: whether a proxy with these settings would serve. Starts nothing and looks at everything. */
import { printFindings } from "../doctor/finding.js";
import { UserError } from "../errors.js";
import { type Reach, reachOf } from "../proxy/listen.js";
import { type ListenAddress, urlOf } from "../proxy/listener.js";
import type { CommandContext, CommandResult } from "./command.js";
import { looked } from "./looked.js";
import { checkLocks, checkPolicy } from "./proxy-check-locks.js";
import { checkAddress, checkCache, checkCertificate } from "./proxy-check-machine.js";
import { checkInstances } from "./proxy-check-tokens.js";
import type { ProxySettings } from "./proxy-settings.js";

export async function checkProxySettings(
  settings: ProxySettings,
  context: CommandContext,
): Promise<CommandResult> {
  const { locks, states } = await checkLocks(settings, context);
  const { listeners, passthrough, idTokens, certificates, admin, tls } = settings;
  const named = [passthrough, idTokens, certificates].flatMap((one) => one?.listeners ?? []);
  const addresses: readonly (readonly [ListenAddress, Reach])[] = [
    ...[...listeners, ...admin].map((address) => [address, "this machine"] as const),
    ...named.map((address) => [address, reachOf(address)] as const),
  ];
  const findings = [
    ...locks,
    ...checkPolicy(settings, states),
    ...(await checkInstances(states, settings, context)),
    await looked("Cache", () => checkCache(settings)),
    ...(tls === undefined ? [] : [await looked("Certificate", () => checkCertificate(tls))]),
    ...(await Promise.all(
      addresses.map(([address, reach]) =>
        looked(`Address ${urlOf(address)}`, () => checkAddress(address, reach)),
      ),
    )),
  ];
  const broken = findings.filter(({ state }) => state === "broken");
  return {
    data: { findings },
    text: printFindings(findings),
    errors: broken.map(
      ({ name, meaning, fix }) => new UserError("PROXY_NOT_FIT", `${name}: ${meaning}`, { hint: fix }),
    ),
  };
}
