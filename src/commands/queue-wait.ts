/** `artifacts queue wait`: until what waits now is uploaded; what comes meanwhile does not count. */
import { UserError } from "../errors.js";
import { readReport } from "../upload/read-report.js";
import { listEntries } from "../upload/spool.js";
import { createWaker } from "../upload/waker.js";
import type { Run } from "./command.js";
import { spoolOf } from "./uploader.js";

export interface QueueWaitOptions {
  readonly spool?: string;
  readonly timeout?: string;
}

export const run: Run<QueueWaitOptions> = async (_names, options, context) => {
  const seconds = parseTimeout(options.timeout);
  const spool = spoolOf(options, context);
  const asked = await listEntries(spool);
  const limits = seconds === undefined ? [] : [AbortSignal.timeout(seconds * 1000)];
  const left = await waitFor(asked, spool, AbortSignal.any([context.signal, ...limits]));
  const uploaded = asked.length - left.length;
  return {
    data: { spool, waitedFor: asked.length, left },
    text: `${spool}: ${uploaded} of ${asked.length} entries are done`,
    errors: left.length === 0 ? [] : [await notDone(left, spool)],
  };
};

/** @returns those of `asked` that are there when `signal` is aborted */
async function waitFor(asked: readonly string[], spool: string, signal: AbortSignal): Promise<string[]> {
  const waker = createWaker(spool);
  try {
    for (;;) {
      const there = new Set(await listEntries(spool));
      const left = asked.filter((name) => there.has(name));
      if (left.length === 0 || signal.aborted) return left;
      await waker.wait(undefined, signal);
    }
  } finally {
    waker.close();
  }
}

async function notDone(left: readonly string[], spool: string): Promise<UserError> {
  const report = await readReport(spool);
  const why = left.map((name) => report?.failing[name]).find((reason) => reason !== undefined);
  const reason = why === undefined ? "" : `: ${why}`;
  return new UserError("QUEUE_NOT_DONE", `${left.length} entries are not uploaded yet${reason}`, {
    hint: "artifacts queue status says what holds them; they stay in the queue",
  });
}

function parseTimeout(text: string | undefined): number | undefined {
  if (text === undefined || /^\d{1,6}$/.test(text)) return text === undefined ? undefined : Number(text);
  throw new UserError("BAD_TIMEOUT", `--timeout expects a number of seconds, got "${text}"`, {
    exitCode: 2,
    hint: "for example --timeout 600",
  });
}
