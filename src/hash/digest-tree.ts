import { createHash } from "node:crypto";
import { UserError } from "../errors.js";
import type { Resolved } from "../resolve/resolved.js";
import { formatSri } from "../store/sri.js";
import { fixedOutputPath } from "../store/store-path.js";
import type { Digests } from "./hashed.js";
import { withNarOf } from "./nar-of.js";
import type { Spooled } from "./spool.js";
import type { Nar } from "./unpack/unpack.js";

/** 8 GiB: far more than a tool, and less than a disk. */
const MAX_UNPACKED_BYTES = 8 * 1024 ** 3;

const ADVICE = "if that is right, raise `maxUnpackedBytes` in artifacts.config.ts";

export interface UnpackOptions {
  /** Bytes that all files of an archive may have together. */
  readonly maxUnpackedBytes?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Unpacks an archive and computes all that the lock says about its tree. Memory grows with the number of its entries, which is
 * bounded.
 *
 * @throws UserError `UNPACK_REFUSED`, placed in the manifest
 */
export async function digestTree(
  { storeName: name, projectPath: project, at, ...resolved }: Resolved,
  { file, size }: Spooled,
  { maxUnpackedBytes = MAX_UNPACKED_BYTES, signal }: UnpackOptions,
): Promise<Digests> {
  const content = { ...resolved, project, narSize: maxUnpackedBytes };
  const digest = async (nar: Nar) => {
    const running = createHash("sha256");
    for await (const chunk of nar.read()) running.update(chunk);
    const sha256 = running.digest();
    const hash = formatSri(sha256);
    const storePath = fixedOutputPath({ name, method: "nar", sha256 });
    return { size, hash, narHash: hash, narSize: nar.size, storePath };
  };
  try {
    return await withNarOf(content, file, digest, { advice: ADVICE, signal });
  } catch (error) {
    if (!(error instanceof UserError) || error.at !== undefined) throw error;
    const { code, message, hint, cause } = error;
    throw new UserError(code, message, { hint, cause, at: at.file });
  }
}
