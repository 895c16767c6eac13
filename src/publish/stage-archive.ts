/** Archives of a binary cache: compressed on disk first, because a cache calls them by the hash of what it stores. */
import { createHash, randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { BinaryCache, StagedFile } from "../cache/cache.js";
import { writeBody } from "../hash/write-body.js";
import { NAR_TYPE } from "../store/narinfo.js";
import { nix32 } from "../store/nix32.js";
import { UserError } from "../errors.js";
import { type Compression, COMPRESSIONS } from "./compression.js";
import { isYoung, stays } from "./rely-on.js";

/** As the cache will show it; until then it is in a directory that nobody else can enter. */
const ARCHIVE_MODE = 0o644;
const TIDIED = "CACHE_TIDIED";

export interface StageOptions {
  /** Where temporary files may be made. */
  readonly directory: string;
  readonly compression: Compression;
  /** Where the program of a compression is searched, as `PATH` says it; default: where the system has its own. */
  readonly searchPath?: string | undefined;
}

export interface Archive extends StagedFile {
  /** Of the compressed bytes. */
  readonly sha256: Uint8Array;
  /** Key in the cache, as Nix names it. */
  readonly url: string;
}

/** Compresses a NAR to a file, in one pass. What `nar` throws passes through. */
export async function stageArchive(nar: AsyncIterable<Uint8Array>, options: StageOptions): Promise<Archive> {
  const path = join(options.directory, randomUUID());
  const digest = createHash("sha256");
  const { open, suffix } = COMPRESSIONS[options.compression];
  const compressed = await open(options.searchPath);
  try {
    const size = await writeBody(path, digesting(compressed(nar), digest), ARCHIVE_MODE);
    const sha256 = digest.digest();
    return { path, size, type: NAR_TYPE, sha256, url: `nar/${nix32(sha256)}.nar${suffix}` };
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
}

/** Makes and sends an archive once more when it was removed just after it was sent: then there is no old one that is taken for it. */
export async function untilKept(send: () => Promise<Archive>): Promise<Archive> {
  try {
    return await send();
  } catch (error) {
    if (error instanceof UserError && error.code === TIDIED) return send();
    throw error;
  }
}

/**
 * Gives a staged archive to the cache, unless that has it and will keep it. The file is gone afterwards.
 *
 * @throws UserError CACHE_TIDIED when somebody removed the archive just after it was sent
 */
export async function sendArchive(archive: Archive, cache: BinaryCache): Promise<void> {
  const found = await cache.find(archive.url);
  if (found === undefined || !isYoung(found)) await cache.takeFile(archive.url, archive);
  await rm(archive.path, { force: true });
  if (found === undefined || isYoung(found) || (await stays(archive.url, cache))) return;
  throw new UserError(TIDIED, `${cache.name} lost ${archive.url} while it was written`, {
    hint: "a garbage collection runs there; run the command again",
  });
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
