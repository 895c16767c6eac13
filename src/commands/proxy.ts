/** `artifacts proxy`: serve locked artifacts to Nix until stopped. */
import { once } from "node:events";
import { basename, resolve } from "node:path";
import { UserError } from "../errors.js";
import { watchLocks } from "../proxy/watch-locks.js";
import { startProxy } from "../proxy/proxy.js";
import { openProject } from "../project.js";
import type { Run } from "./command.js";
import { openGitLab } from "./open-gitlab.js";

export interface ProxyOptions {
  readonly listen?: string;
  readonly lock?: readonly string[];
}

export const run: Run<ProxyOptions> = async (_names, options, context) => {
  const { config, lockFile } = openProject(context.cwd);
  const files = options.lock?.map((file) => resolve(context.cwd, file)) ?? [lockFile];
  const listen = parseListen(options.listen ?? new URL(config.proxy).host);
  const gitlab = await openGitLab(context);
  const log = (line: string) => context.terminal.warn(line);
  const locks = await watchLocks(files, log);
  const proxy = await startProxy({ listen, lock: locks.current, gitlab, log });
  const served = files.map((file) => basename(file)).join(", ");
  context.print(`serving ${served} on ${proxy.url}\n`);
  if (!context.signal.aborted) await once(context.signal, "abort");
  await proxy.close();
  await locks.close();
  await gitlab.close();
  return { data: { url: proxy.url }, text: "" };
};

function parseListen(address: string): { host: string; port: number } {
  const match = /^(?<host>\[[0-9a-f:]+\]|[^:]+):(?<port>\d{1,5})$/i.exec(address)?.groups;
  const port = Number(match?.["port"]);
  if (match?.["host"] === undefined || port > 65_535) {
    throw new UserError("BAD_ADDRESS", `--listen expects HOST:PORT, got "${address}"`, {
      exitCode: 2,
      hint: "for example --listen 127.0.0.1:7467",
    });
  }
  return { host: match["host"].replace(/^\[|\]$/g, ""), port };
}
