import { createHash, randomUUID } from "node:crypto";
import { join } from "node:path";
import type { BinaryCache, StagedFile } from "../cache/cache.js";
import { hashMethod } from "../hash/form-content.js";
import { writeBody } from "../hash/write-body.js";
import {
  contentAddress,
  fingerprint,
  NAR_TYPE,
  NARINFO_TYPE,
  type NarInfo,
  narInfoKey,
  parseNarInfo,
  printNarInfo,
} from "../store/narinfo.js";
import { nix32 } from "../store/nix32.js";
import { formatSri } from "../store/sri.js";
import type { Wanted } from "../fetch/fetch.js";
import { COMPRESSIONS } from "./compression.js";
import { narOfDownload, refuseInconsistent } from "./nar-of-download.js";
import { promises } from "./promises.js";
import type { PublishOptions } from "./publish.js";

export interface PublishContext extends PublishOptions {
  /** Where temporary files may be made. */
  readonly directory: string;
}

/**
 * Publishes one variant, unless the cache has it whole.
 *
 * @throws UserError when the bytes cannot be had, are others than the locked ones, or the cache does not take them
 */
export async function publishVariant(
  wanted: Wanted,
  context: PublishContext,
): Promise<"present" | "published"> {
  const { cache, compression, signal } = context;
  signal?.throwIfAborted();
  refuseInconsistent(wanted);
  const key = narInfoKey(wanted.variant.storePath);
  if (await isPublished(wanted, cache, key)) return "present";
  const archive = await stageArchive(wanted, context);
  const url = `nar/${nix32(archive.sha256)}.nar${COMPRESSIONS[compression].suffix}`;
  if (!(await cache.has(url))) await cache.takeFile(url, archive);
  const text = printNarInfo(narInfoOf(wanted, { ...archive, url }, context));
  await cache.writeText(key, { text, type: NARINFO_TYPE });
  return "published";
}

/** What is damaged, or promises an archive that is not there, counts as missing and is replaced. */
async function isPublished({ variant }: Wanted, cache: BinaryCache, key: string): Promise<boolean> {
  const info = parseNarInfo((await cache.readText(key)) ?? "");
  return info !== undefined && promises(info, variant) && cache.has(info.url);
}

interface Archive extends StagedFile {
  /** Of the compressed bytes. */
  readonly sha256: Uint8Array;
}

/** Downloads, verifies and compresses in one pass. */
async function stageArchive(wanted: Wanted, context: PublishContext): Promise<Archive> {
  const { gitlab, directory, compression, signal } = context;
  const path = join(directory, randomUUID());
  const download = await gitlab.download(wanted.variant.url, signal === undefined ? {} : { signal });
  const digest = createHash("sha256");
  try {
    const compressed = await COMPRESSIONS[compression].open();
    const body = compressed(narOfDownload(download, wanted));
    const size = await writeBody(path, digesting(body, digest), 0o600);
    return { path, size, type: NAR_TYPE, sha256: digest.digest() };
  } finally {
    download.destroy();
  }
}

async function* digesting(
  body: AsyncIterable<Uint8Array>,
  digest: ReturnType<typeof createHash>,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of body) {
    digest.update(chunk);
    yield chunk;
  }
}

function narInfoOf(
  { variant }: Wanted,
  archive: Archive & { readonly url: string },
  { compression, signingKey }: PublishContext,
): NarInfo {
  const unsigned: NarInfo = {
    storePath: variant.storePath,
    url: archive.url,
    compression,
    file: { hash: formatSri(archive.sha256), size: archive.size },
    narHash: variant.narHash,
    narSize: variant.narSize,
    references: [],
    ca: contentAddress(hashMethod(variant.form), variant.hash),
    signatures: [],
  };
  if (signingKey === undefined) return unsigned;
  return { ...unsigned, signatures: [signingKey.sign(fingerprint(unsigned))] };
}
