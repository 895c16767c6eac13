import { mkdtemp, rm } from "node:fs/promises";
import { onDisk, temporaryPrefix } from "./write-body.js";

/**
 * A directory of one's own for the time of `use`. It is gone with all that is in it when this returns or throws.
 *
 * @throws UserError `CANNOT_WRITE` when it cannot be made
 */
export async function withTemporaryDirectory<T>(use: (directory: string) => Promise<T>): Promise<T> {
  const prefix = temporaryPrefix();
  const directory = await onDisk(prefix, mkdtemp(prefix));
  try {
    return await use(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
