import { syncDirectory } from "../write-file.js";

/**
 * Makes renames into a directory durable, once for all who wait: a sync makes durable what was renamed before it began, and takes as
 * long for one name as for many.
 *
 * @returns a function that is fulfilled when what is in the directory at its call is durable
 */
export function sharedSync(directory: string): () => Promise<void> {
  let running: Promise<unknown> = Promise.resolve();
  let next: Promise<void> | undefined;
  return () => {
    next ??= running.then(() => {
      next = undefined;
      const syncing = syncDirectory(directory);
      running = syncing.catch(() => undefined); // those who wait for it are told
      return syncing;
    });
    return next;
  };
}
