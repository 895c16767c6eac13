/** Lockfiles that a command was told of, or else the one of the project. */
import { access } from "node:fs/promises";
import { UserError } from "../errors.js";
import { readLock } from "../lock/read.js";
import type { Lock } from "../lock/schema.js";

/**
 * @param files absolute paths that the user named; each must be there
 * @param otherwise the lockfile of the project, which may be missing
 * @throws UserError NO_LOCK, and as `readLock`
 */
export async function readLocks(files: readonly string[] | undefined, otherwise: string): Promise<Lock[]> {
  if (files === undefined) return [await readLock(otherwise)];
  return Promise.all(
    files.map(async (file) => {
      await access(file).catch((cause: unknown) => {
        throw new UserError("NO_LOCK", `there is no lockfile ${file}`, { exitCode: 2, cause });
      });
      return readLock(file);
    }),
  );
}
