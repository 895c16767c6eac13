/** `artifacts auth trust`: say once, outside of any repository, that tokens may be sent to an instance. */
import { resolve } from "node:path";
import { isLoopback, originOfHost } from "../credentials/origin.js";
import { changeSettings } from "../credentials/settings.js";
import type { Run } from "./command.js";

export interface TrustOptions {
  readonly plainHttp?: boolean;
  readonly helper?: string;
  readonly revoke?: boolean;
}

export const run: Run<TrustOptions> = async (
  [url = ""],
  { plainHttp, helper, revoke = false },
  { cwd, env, terminal },
) => {
  const origin = originOfHost(url, "the argument");
  if (origin.protocol === "http:" && plainHttp !== true && !revoke && !isLoopback(origin)) {
    terminal.warn(`nothing is sent to ${origin.origin} over plain http unless --plain-http says so`);
  }
  const file = await changeSettings(env, origin, {
    trusted: !revoke,
    ...(revoke ? { plainHttp: false } : plainHttp === undefined ? {} : { plainHttp }),
    ...(helper === undefined ? {} : { helper: [resolve(cwd, helper)] }),
  });
  const text = revoke
    ? `tokens that name no host are not sent to ${origin.origin} any more (${file})`
    : `tokens that name no host may be sent to ${origin.origin} (${file})`;
  return { data: { instance: origin.origin, trusted: !revoke, file }, text };
};
