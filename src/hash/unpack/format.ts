import { open } from "node:fs/promises";
import { ArchiveRefused } from "./archive-refused.js";

export type ArchiveFormat = "zip" | "tar" | "gzip" | "bzip2" | "xz" | "zstd";

/**
 * The bytes at an offset that tell a format: APPNOTE.TXT 4.3.7 and 4.3.16 (zip), RFC 1952, the bzip2 and xz file formats,
 * RFC 8878 (zstd), POSIX ustar.
 */
const MAGIC: readonly (readonly [ArchiveFormat, offset: number, hex: string])[] = [
  ["zip", 0, "504b0304"],
  ["zip", 0, "504b0506"],
  ["gzip", 0, "1f8b"],
  ["bzip2", 0, "425a68"],
  ["xz", 0, "fd377a585a00"],
  ["zstd", 0, "28b52ffd"],
  ["tar", 257, "7573746172"],
];
const LOOKED_AT = 512;

/**
 * What kind of archive a file is. Its bytes tell, not its name.
 *
 * @throws ArchiveRefused when it is none of those that are known
 */
export async function archiveFormat(file: string): Promise<ArchiveFormat> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read({ buffer: Buffer.alloc(LOOKED_AT) });
    const beginning = buffer.subarray(0, bytesRead);
    for (const [format, offset, hex] of MAGIC) {
      if (beginning.subarray(offset, offset + hex.length / 2).toString("hex") === hex) return format;
    }
    const bytes =
      bytesRead === 0 ? "it is empty" : `it begins with ${beginning.subarray(0, 8).toString("hex")}`;
    throw new ArchiveRefused(
      `it is no archive that is known here: ${bytes}`,
      "known are zip, and tar that is plain or compressed with gzip, bzip2, xz or zstd; for anything else leave out `form`",
    );
  } finally {
    await handle.close();
  }
}
