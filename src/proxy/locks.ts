/** The lockfiles that the proxy serves, kept up to date while it runs. */
import { unwatchFile, watchFile } from "node:fs";
import { userErrorsOf } from "../errors.js";
import { readLock } from "../lock/read.js";
import type { Lock } from "../lock/schema.js";
import type { Log } from "./log.js";

export interface Locks {
  /** The locks as they are now. */
  current(): readonly Lock[];
  close(): void;
}

const POLL_MS = 1000;

/**
 * Reads lockfiles and reads each again when it changes. One that is broken then leaves its last good version in force.
 *
 * @throws UserError when a file cannot be read at the start
 */
export async function openLocks(files: readonly string[], log: Log): Promise<Locks> {
  const locks = await Promise.all(files.map((file) => readLock(file)));
  files.forEach((file, index) => {
    watchFile(file, { interval: POLL_MS, persistent: false }, () => void reload(file, index));
  });

  async function reload(file: string, index: number): Promise<void> {
    try {
      locks[index] = await readLock(file);
      log({ level: "info", event: "reloaded", file });
    } catch (error) {
      const problems = userErrorsOf(error)?.map(({ message }) => message) ?? [String(error)];
      log({ level: "error", event: "kept-old-lock", file, error: problems.join("; ") });
    }
  }

  return {
    current: () => locks,
    close() {
      for (const file of files) unwatchFile(file);
    },
  };
}
