/** Whether there is a token for what is locked. */
import type { Finding } from "../doctor/finding.js";
import { instancesOf } from "../lock/instances.js";
import type { LockState } from "../proxy/locks.js";
import type { CommandContext } from "./command.js";
import { hasOwnToken } from "./proxy-listeners.js";
import type { ProxySettings } from "./proxy-settings.js";
import { tokenStatus } from "./token-status.js";

/** With its own token, the proxy needs one for every instance; callers' tokens go to one instance alone. */
export async function checkInstances(
  states: readonly LockState[],
  settings: ProxySettings,
  context: CommandContext,
): Promise<Finding[]> {
  const { passthrough } = settings;
  const instances = instancesOf(...states.map(({ lock }) => lock));
  const elsewhere = instances.filter((instance) => new URL(instance).origin !== passthrough?.origin.origin);
  return [
    ...(await Promise.all(hasOwnToken(settings) ? instances.map((one) => checkToken(one, context)) : [])),
    ...(passthrough === undefined ? [] : elsewhere.map((one) => refusedCallers(one, passthrough.origin))),
  ];
}

async function checkToken(instance: string, context: CommandContext): Promise<Finding> {
  const name = `Token for ${new URL(instance).host}`;
  const status = await tokenStatus(instance, { ...context, confirm: undefined });
  const { source, problem, canReadArtifacts, fix = `artifacts auth status ${instance}` } = status;
  if (canReadArtifacts && problem === undefined)
    return { name, state: "ok", meaning: `from ${source ?? "?"}` };
  if (source === undefined && problem === undefined) {
    return { name, state: "warning", meaning: "there is none: only public projects are served", fix };
  }
  const state = canReadArtifacts ? "warning" : "broken";
  return { name, state, meaning: problem ?? "it cannot read artifacts", fix };
}

function refusedCallers(instance: string, origin: URL): Finding {
  const meaning = `callers' tokens are sent to ${origin.origin} alone: what is locked from here is refused to them`;
  return { name: `Callers of ${new URL(instance).host}`, state: "warning", meaning };
}
