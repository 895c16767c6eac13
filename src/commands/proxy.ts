/** `artifacts proxy`: serve locked artifacts to Nix until stopped. */
import { once } from "node:events";
import { basename, resolve } from "node:path";
import { UserError } from "../errors.js";
import { openLocks } from "../proxy/locks.js";
import { formatLogEntry, type LogEntry } from "../proxy/log.js";
import { startProxy } from "../proxy/proxy.js";
import { openProject } from "../project.js";
import type { Run } from "./command.js";
import { openGitLab } from "./open-gitlab.js";

export interface ProxyOptions {
  readonly listen?: string;
  readonly lock?: readonly string[];
}

export const run: Run<ProxyOptions> = async (_names, options, context) => {
  const { config, lockFile } = await openProject(context.cwd);
  const files = options.lock?.map((file) => resolve(context.cwd, file)) ?? [lockFile];
  const listen = parseListen(options.listen ?? new URL(config.proxy).host);
  const gitlab = openGitLab(context);
  const log = (entry: LogEntry) => context.terminal.log(formatLogEntry(entry));
  const locks = await openLocks(files, log);
  const proxy = await startProxy({ listen, locks: locks.current, gitlab, log });
  const served = files.map((file) => basename(file)).join(", ");
  context.print(`serving ${served} on ${proxy.url}\n`);
  if (!context.signal.aborted) await once(context.signal, "abort");
  await proxy.close();
  locks.close();
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
