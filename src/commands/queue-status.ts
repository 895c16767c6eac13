/** `artifacts queue status`: what waits to be uploaded. */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { readReport, type Report } from "../upload/read-report.js";
import { derivationOf, listEntries } from "../upload/spool.js";
import type { Run } from "./command.js";
import { spoolOf } from "./uploader.js";

export interface QueueStatusOptions {
  readonly spool?: string;
}

export const run: Run<QueueStatusOptions> = async (_names, options, context) => {
  const spool = spoolOf(options, context);
  const [names, report] = [(await listEntries(spool)).sort(), await readReport(spool)];
  const ages = await Promise.all(names.map((name) => ageOf(join(spool, name))));
  const oldestSeconds = names.length === 0 ? undefined : Math.max(0, ...ages);
  const entries = names.map((name) => {
    const error = report?.failing[name];
    return { name, derivation: derivationOf(name), ...(error === undefined ? {} : { error }) };
  });
  const uploader = report === undefined ? undefined : { ...report, running: isRunning(report.pid) };
  return {
    data: { spool, waiting: names.length, oldestSeconds, entries, uploader },
    text: [
      `${spool}: ${names.length} waiting${oldestSeconds === undefined ? "" : `, the oldest for ${oldestSeconds} s`}`,
      describeUploader(uploader),
      ...entries.flatMap(({ name, error }) => (error === undefined ? [] : [`  ${name}: ${error}`])),
    ].join("\n"),
  };
};

/** Seconds since it was written, by a clock that may have jumped since. */
async function ageOf(file: string): Promise<number> {
  const status = await stat(file).catch(() => undefined);
  return status === undefined ? 0 : Math.floor((Date.now() - status.mtimeMs) / 1000);
}

function describeUploader(uploader: (Report & { readonly running: boolean }) | undefined): string {
  if (uploader === undefined) return "no uploader has worked here yet";
  const { pid, cache, uploaded, dropped, running } = uploader;
  const who = running ? `uploader ${pid}` : "no uploader is running; the last one";
  return `${who}: ${uploaded} paths to ${cache}, ${dropped} dropped`;
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
