/** What the uploader says of itself beside the entries, for `artifacts queue status`: a hint for people, on which nothing depends. */
import { join } from "node:path";
import { UserError } from "../errors.js";
import { writeFiles } from "../write-file.js";

/** Its name in the spool. */
export const REPORT_FILE = ".uploader.json";

export interface Progress {
  readonly cache: string;
  readonly uploaded: number;
  readonly dropped: number;
  /** Entries that are tried again, with the reason of their last failure. */
  readonly failed: ReadonlyMap<string, unknown>;
}

/** A full disk is no reason to stop uploading. */
export async function writeReport(spool: string, { failed, ...progress }: Progress): Promise<void> {
  const failing = Object.fromEntries([...failed].map(([entry, reason]) => [entry, messageOf(reason)]));
  const text = `${JSON.stringify({ pid: process.pid, ...progress, failing }, undefined, 2)}\n`;
  try {
    await writeFiles([{ path: join(spool, REPORT_FILE), text, mode: 0o644 }]);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
  }
}

export function messageOf(reason: unknown): string {
  return reason instanceof Error ? reason.message : String(reason);
}
