import { createReadStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeBody } from "./write-body.js";

/** A body that waits on disk. */
export interface Spooled {
  readonly size: number;
  read(): AsyncIterable<Uint8Array>;
}

/**
 * Writes a body of unknown length to a temporary file, so that its size is known before the first byte is digested. The file is
 * gone when this returns or throws.
 */
export async function withSpooled<T>(
  body: AsyncIterable<Uint8Array>,
  use: (spooled: Spooled) => Promise<T>,
): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), "nix-artifacts-"));
  try {
    const file = join(directory, "body");
    const size = await writeBody(file, body, 0o600);
    return await use({ size, read: () => createReadStream(file) });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
