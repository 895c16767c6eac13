import { createReadStream } from "node:fs";
import { join } from "node:path";
import { withTemporaryDirectory } from "./temporary-directory.js";
import { writeBody } from "./write-body.js";

/** A body that waits on disk. */
export interface Spooled {
  /** Where it is. */
  readonly file: string;
  readonly size: number;
  read(): AsyncIterable<Uint8Array>;
}

/** Writes a body of unknown length to a temporary file, so that its size is known before the first byte is digested. */
export function withSpooled<T>(
  body: AsyncIterable<Uint8Array>,
  use: (spooled: Spooled) => Promise<T>,
): Promise<T> {
  return withTemporaryDirectory(async (directory) => {
    const file = join(directory, "body");
    const size = await writeBody(file, body, 0o600);
    return use({ file, size, read: () => createReadStream(file) });
  });
}
