import type { BinaryCache } from "../cache/cache.js";
import type { GitLab } from "../gitlab/gitlab.js";
import { lockedNarInfo } from "../hash/locked-narinfo.js";
import type { LockedEntry } from "../lock/entry.js";
import { fingerprint, NARINFO_TYPE, type NarInfo, narInfoKey, printNarInfo } from "../store/narinfo.js";
import type { SigningKey } from "../store/signing-key.js";
import { formatSri } from "../store/sri.js";
import type { Compression } from "./compression.js";
import { narOfDownload, refuseInconsistent } from "./nar-of-download.js";
import { promises } from "./promises.js";
import { isWhole } from "./rely-on.js";
import { type Archive, sendArchive, stageArchive } from "./stage-archive.js";

export interface PublishContext {
  readonly gitlab: GitLab;
  readonly cache: BinaryCache;
  readonly compression: Compression;
  readonly signingKey?: SigningKey | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Where temporary files may be made. */
  readonly directory: string;
}

/**
 * Publishes one variant, unless the cache has it whole.
 *
 * @throws UserError when the bytes cannot be had, are others than the locked ones, or the cache does not take them
 */
export async function publishVariant(
  wanted: LockedEntry,
  context: PublishContext,
): Promise<"present" | "published"> {
  const { cache, signal } = context;
  signal?.throwIfAborted();
  refuseInconsistent(wanted);
  const key = narInfoKey(wanted.variant.storePath);
  // What is damaged, or promises an archive that is not there, counts as missing and is replaced.
  if (await isWhole(key, cache, (info) => promises(info, wanted.variant))) return "present";
  const archive = await stageVariant(wanted, context);
  await sendArchive(archive, cache);
  const text = printNarInfo(narInfoOf(wanted, archive, context));
  await cache.writeText(key, { text, type: NARINFO_TYPE });
  return "published";
}

/** Downloads, verifies and compresses in one pass. */
async function stageVariant(wanted: LockedEntry, context: PublishContext): Promise<Archive> {
  const { gitlab, signal } = context;
  const download = await gitlab.download(wanted.variant.url, {
    verified: true,
    ...(signal === undefined ? {} : { signal }),
  });
  try {
    return await stageArchive(narOfDownload(download, wanted), context);
  } finally {
    download.destroy();
  }
}

function narInfoOf(
  { variant }: LockedEntry,
  archive: Archive,
  { compression, signingKey }: PublishContext,
): NarInfo {
  const file = { hash: formatSri(archive.sha256), size: archive.size };
  const unsigned = lockedNarInfo(variant, { url: archive.url, compression, file });
  if (signingKey === undefined) return unsigned;
  return { ...unsigned, signatures: [signingKey.sign(fingerprint(unsigned))] };
}
