/** `artifacts uploader`: sends what was built to a binary cache, until stopped. */
import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { UserError } from "../errors.js";
import { createNix } from "../store/nix.js";
import { formatLogEntry } from "../proxy/log.js";
import { messageOf } from "../upload/report.js";
import { DEFAULT_SPOOL } from "../upload/spool.js";
import { runUploader, type Uploaded, type UploaderEvent } from "../upload/uploader.js";
import { type CacheOptions, openTarget } from "./cache-target.js";
import type { CommandContext, CommandResult, Run } from "./command.js";

export interface UploaderOptions extends CacheOptions {
  readonly spool?: string;
  readonly once?: boolean;
}

export const run: Run<UploaderOptions> = (_names, options, context) =>
  upload(options, context, options.once === true ? "tried" : "stopped");

/** Also for `artifacts queue drain`. */
export async function upload(
  options: UploaderOptions,
  context: CommandContext,
  until: "tried" | "empty" | "stopped",
): Promise<CommandResult> {
  const { env, signal, terminal } = context;
  const spool = spoolOf(options, context);
  await refuseExposed(options.signingKey, context);
  const target = await openTarget(options, context);
  const { cache } = target;
  const nix = createNix({ env });
  const log = (event: UploaderEvent) => terminal.log(formatLogEntry(fieldsOf(event)));
  if (until === "stopped") context.print(`uploading what is in ${spool} to ${cache.name}\n`);
  try {
    const done = await runUploader({ ...target, spool, nix, signal, until, log });
    return resultOf(cache.name, done);
  } finally {
    await cache.close();
  }
}

export function spoolOf({ spool }: { readonly spool?: string }, { cwd, env }: CommandContext): string {
  return resolve(cwd, spool ?? env["ARTIFACTS_SPOOL"] ?? DEFAULT_SPOOL);
}

/** Whoever can read the key can sign anything for those who trust this machine. */
async function refuseExposed(file: string | undefined, { cwd }: CommandContext): Promise<void> {
  if (file === undefined) return;
  const path = resolve(cwd, file);
  const mode = (await stat(path).catch(() => undefined))?.mode ?? 0;
  if ((mode & 0o004) === 0) return;
  throw new UserError("SIGNING_KEY_EXPOSED", `every user of this machine can read the signing key ${path}`, {
    hint: `let its owner alone read it, and replace it, since others may have done so: chmod 400 ${path}`,
  });
}

function fieldsOf(event: UploaderEvent): Record<string, string | number> {
  if (event.event !== "failed") return { ...event };
  const { entry, error, retryInSeconds } = event;
  const again = retryInSeconds === undefined ? {} : { "retry-in": `${retryInSeconds}s` };
  return { event: "failed", entry, reason: messageOf(error), ...again };
}

function resultOf(cache: string, { uploaded, dropped, failed }: Uploaded): CommandResult {
  return {
    data: { cache, uploaded, dropped, failed: [...failed.keys()] },
    text: `${cache}: ${uploaded} paths uploaded, ${dropped} dropped, ${failed.size} entries left`,
    errors: [...failed].map(([entry, error]) => errorOf(entry, error)),
  };
}

function errorOf(entry: string, error: unknown): UserError {
  if (error instanceof UserError) return error;
  return new UserError("UPLOAD_FAILED", `${entry}: ${messageOf(error)}`, { cause: error });
}
