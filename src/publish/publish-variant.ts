import type { LimitFunction } from "p-limit";
import type { BinaryCache } from "../cache/cache.js";
import type { GitLab } from "../gitlab/gitlab.js";
import { lockedNarInfo } from "../hash/locked-narinfo.js";
import type { LockedEntry } from "../lock/entry.js";
import { fingerprint, NARINFO_TYPE, type NarInfo, narInfoKey, printNarInfo } from "../store/narinfo.js";
import type { SigningKey } from "../store/signing-key.js";
import { formatSri } from "../store/sri.js";
import { narOfDownload, refuseInconsistent } from "../hash/nar-of-download.js";
import { promises } from "./promises.js";
import { findWhole, type Presence, stays } from "./rely-on.js";
import { type Archive, sendArchive, stageArchive, type StageOptions, untilKept } from "./stage-archive.js";

export interface PublishContext extends StageOptions {
  readonly gitlab: GitLab;
  readonly cache: BinaryCache;
  readonly signingKey?: SigningKey | undefined;
  readonly signal?: AbortSignal | undefined;
  /** For questions to the cache. */
  readonly questions: LimitFunction;
  /** For downloads and archives. */
  readonly archives: LimitFunction;
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
  const { cache, questions } = context;
  refuseInconsistent(wanted);
  const { whole, old } = await questions(() => find(wanted, context));
  if (!whole) await send(wanted, context);
  if (old && !(await stays(narInfoKey(wanted.variant.storePath), cache))) await send(wanted, context);
  else if (whole) return "present";
  return "published";
}

/** What is damaged, or promises an archive that is not there, counts as missing and is replaced. */
async function find({ variant }: LockedEntry, { cache, signal }: PublishContext): Promise<Presence> {
  signal?.throwIfAborted();
  return findWhole(narInfoKey(variant.storePath), cache, (info) => promises(info, variant));
}

/** The archive, and then what promises it. */
async function send(wanted: LockedEntry, context: PublishContext): Promise<void> {
  const archive = await context.archives(() => untilKept(() => sendVariant(wanted, context)));
  const text = printNarInfo(narInfoOf(wanted, archive, context));
  await context.cache.writeText(narInfoKey(wanted.variant.storePath), { text, type: NARINFO_TYPE });
}

/** Downloads, verifies and compresses in one pass. */
async function sendVariant(wanted: LockedEntry, context: PublishContext): Promise<Archive> {
  const { gitlab, cache, signal } = context;
  signal?.throwIfAborted();
  const download = await gitlab.download(wanted.variant.url, {
    verified: true,
    ...(signal === undefined ? {} : { signal }),
  });
  try {
    const archive = await stageArchive(narOfDownload(download, wanted), context);
    await sendArchive(archive, cache);
    return archive;
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
