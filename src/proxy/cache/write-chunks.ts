import type { FileHandle } from "node:fs/promises";
import { onCacheDisk } from "./on-cache-disk.js";

/** Bytes that may wait for the disk. */
const MOST_QUEUED = 1024 * 1024;

/**
 * Appends chunks to a file. While one write runs, what arrives gathers for the next: so there are few writes when the chunks come
 * fast, and none waits when they come slowly.
 *
 * @param written told after each write how many bytes more are in the file
 * @throws UserError `CACHE_DISK` when the disk does not take them; what `chunks` throws passes through
 */
export async function writeChunks(
  { file, handle }: { readonly file: string; readonly handle: FileHandle },
  chunks: AsyncIterable<Uint8Array>,
  written: (count: number) => void,
): Promise<void> {
  let queue: Uint8Array[] = [];
  let queued = 0;
  let writing: Promise<void> | undefined;

  for await (const chunk of chunks) {
    queue.push(chunk);
    queued += chunk.length;
    writing ??= writeQueue();
    if (queued >= MOST_QUEUED) await writing;
  }
  await writing;

  function writeQueue(): Promise<void> {
    const whole = writeUntilEmpty();
    whole.catch(() => {}); // told to whoever waits for it: the loop above, at the latest after the last chunk
    return whole;
  }

  async function writeUntilEmpty(): Promise<void> {
    while (queue.length > 0) {
      const [batch, bytes] = [queue, queued];
      queue = [];
      queued = 0;
      const { bytesWritten } = await onCacheDisk(file, handle.writev(batch));
      if (bytesWritten !== bytes) await onCacheDisk(file, Promise.reject(new Error("the disk is full")));
      written(bytes);
    }
    writing = undefined;
  }
}
