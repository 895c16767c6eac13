import { UserError } from "../../errors.js";

/** The code of the error for a cache that cannot be written. */
export const CACHE_DISK = "CACHE_DISK";

/**
 * The result of a file operation in the cache.
 *
 * @throws UserError `CACHE_DISK` with the reason of the system when it fails
 */
export async function onCacheDisk<T>(file: string, operation: Promise<T>): Promise<T> {
  try {
    return await operation;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new UserError(CACHE_DISK, `the proxy cannot write its cache (${file}): ${reason}`, {
      hint: "free some space there, or start the proxy with another --cache DIR or a smaller --cache-size",
      cause,
    });
  }
}
