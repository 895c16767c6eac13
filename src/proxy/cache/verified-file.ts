import { type BigIntStats, constants, fstatSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import type { ExpectedBytes } from "../../hash/verified-body.js";
import { createBlocks } from "./blocks.js";
import { ContentLost, type SharedHandle, shareHandle } from "./content.js";
import { readAt } from "./read-at.js";
import { MOST_BYTES_IN_MEMORY, areExpected, verifiedBytes } from "./verified-bytes.js";
import type { VerifiedContent } from "./verified-content.js";

/** In which a file is hashed. */
const HASHED_AT_ONCE = 256 * 1024;

/**
 * Takes over a handle, whose bytes the caller has verified while they were written. Few of them are read into memory, and so hashed again.
 *
 * @returns "damaged" when they are other ones by now
 */
export async function verifiedFile(
  shared: SharedHandle,
  expected: ExpectedBytes,
): Promise<VerifiedContent | "damaged"> {
  if (expected.size > MOST_BYTES_IN_MEMORY) return heldFile(shared, expected);
  try {
    return await verifiedBytes(shared.handle, expected);
  } finally {
    shared.release();
  }
}

/**
 * Opens a file of the cache and hashes it. A link in its place is not followed.
 *
 * @returns "damaged" when there is something else than the expected bytes
 */
export async function openVerified(
  path: string,
  expected: ExpectedBytes,
): Promise<VerifiedContent | "absent" | "damaged"> {
  const handle = await openPlain(path);
  if (typeof handle === "string") return handle;
  const shared = shareHandle(handle);
  if (await isExpected(handle, expected)) return verifiedFile(shared, expected);
  shared.release();
  return "damaged";
}

async function openPlain(path: string): Promise<FileHandle | "absent" | "damaged"> {
  try {
    return await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT" ? "absent" : "damaged"; // what open throws
  }
}

/** Few bytes are hashed when they are in memory. */
async function isExpected(handle: FileHandle, expected: ExpectedBytes): Promise<boolean> {
  const before = fstatSync(handle.fd, { bigint: true });
  if (!before.isFile() || before.size !== BigInt(expected.size)) return false;
  if (expected.size <= MOST_BYTES_IN_MEMORY) return true;
  const body = handle.createReadStream({ start: 0, autoClose: false, highWaterMark: HASHED_AT_ONCE });
  return (await areExpected(body, expected)) && sameStatus(before, fstatSync(handle.fd, { bigint: true }));
}

/**
 * A file is not hashed again for each reader: every write, truncation, change of mode or link gives it another time of status change
 * (inode(7), `st_ctime`), which no program can set. So it is held open, and after each read its status is compared with that of
 * the moment when it was verified. What is changed meanwhile breaks the answer off before it is complete. To be removed is a
 * change, too, but none of the bytes: one more hash tells, and whoever reads it reads on.
 */
function heldFile(shared: SharedHandle, expected: ExpectedBytes): VerifiedContent {
  const { fd } = shared.handle;
  let status = fstatSync(fd, { bigint: true });
  const unchanged = () => sameStatus(status, fstatSync(fd, { bigint: true }));
  let lookingAgain: Promise<void> | undefined;

  /** After the one change that is harmless, what was read since must be read again. */
  async function lookAgain(): Promise<void> {
    const now = fstatSync(fd, { bigint: true });
    if (now.nlink === 0n && (await isExpected(shared.handle, expected))) status = now;
  }

  const blocks = createBlocks({
    size: expected.size,
    async load(buffer, position) {
      let count = await readAt(fd, buffer, position);
      if (!unchanged()) {
        await (lookingAgain ??= lookAgain());
        count = await readAt(fd, buffer, position);
      }
      if (count < buffer.length || !unchanged()) throw new ContentLost("the file in the cache was changed");
    },
    shared: () => readers > 1,
  });
  let readers = 0;
  let released = false;

  function letGo(): void {
    shared.release();
    if (released && readers === 0) blocks.close();
  }

  return {
    unchanged: () => unchanged() && status.nlink > 0n,
    join() {
      if (!unchanged()) return undefined;
      shared.take();
      readers++;
      let closed = false;
      return {
        bytes: undefined,
        async read(position, end) {
          if (closed) throw new ContentLost("closed");
          const piece = await blocks.read(position, end);
          if (piece === undefined) throw new Error("a complete file has all bytes");
          return piece;
        },
        verified: () => Promise.resolve(),
        close() {
          if (closed) return;
          closed = true;
          readers--;
          letGo();
        },
      };
    },
    release() {
      released = true;
      letGo();
    },
  };
}

function sameStatus(before: BigIntStats, now: BigIntStats): boolean {
  return before.ctimeNs === now.ctimeNs && before.mtimeNs === now.mtimeNs && before.size === now.size;
}
