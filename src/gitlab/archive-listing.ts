/** What the archive of a job holds, without downloading it. */
import { Readable } from "node:stream";
import { fromRandomAccessReaderPromise, RandomAccessReader } from "yauzl";
import { listArtifactTree } from "./artifact-tree.js";
import { artifactUrl, type JobAddress } from "./artifact-url.js";
import { GitLabError } from "./gitlab-error.js";
import type { Download, GitLab } from "./gitlab.js";

/** Names that are collected; the nearest of so many will do. */
const MAX_NAMES = 10_000;
/** The end of an archive of fifty kilobytes of names and less, with the longest comment that it may have (APPNOTE.TXT §4.3.16). */
const TAIL_BYTES = 128 * 1024;
/** Directories above this, and archives above this of servers that know no ranges, are not read. */
const MAX_BYTES = 16 * 1024 * 1024;

/**
 * The paths of the files in the archive of a job: from GitLab's listing (since 18.8), else from the directory at the end of
 * the archive (APPNOTE.TXT §4.3.6), of which no more than that is read. Undefined when neither can be had.
 */
export async function listArchive(
  gitlab: GitLab,
  address: JobAddress,
): Promise<readonly string[] | undefined> {
  return (
    (await orNothing(listedByGitLab(gitlab, address))) ?? (await orNothing(listedByZip(gitlab, address)))
  );
}

async function orNothing<T>(names: Promise<T>): Promise<T | undefined> {
  return names.catch((error: unknown) => {
    if (error instanceof GitLabError || error instanceof UnreadableZip) return undefined;
    throw error;
  });
}

async function listedByGitLab(
  gitlab: GitLab,
  { instance, projectId, job }: JobAddress,
): Promise<readonly string[]> {
  const address = { instance, project: projectId };
  const names: string[] = [];
  for await (const entry of listArtifactTree(gitlab, address, job)) {
    if (entry.type !== "directory") names.push(entry.path);
    if (names.length >= MAX_NAMES) break;
  }
  return names;
}

async function listedByZip(gitlab: GitLab, address: JobAddress): Promise<readonly string[] | undefined> {
  const url = artifactUrl(address, undefined);
  const tail = await read(gitlab, url, `bytes=-${TAIL_BYTES}`);
  const { start, total } = tail.part ?? { start: 0, total: tail.bytes.length };
  const reader = new TailReader({ bytes: tail.bytes, start }, async (from, to) => {
    const more = await read(gitlab, url, `bytes=${from}-${to - 1}`);
    if (more.part?.start !== from) throw new UnreadableZip("the archive is not served in parts");
    return more.bytes;
  });
  const names: string[] = [];
  try {
    const zip = await fromRandomAccessReaderPromise(reader, total, { lazyEntries: true });
    for await (const { fileName } of zip.eachEntry()) {
      if (!fileName.endsWith("/")) names.push(fileName);
      if (names.length >= MAX_NAMES) break;
    }
    return names;
  } catch (cause) {
    if (cause instanceof GitLabError) throw cause;
    // yauzl reports a broken archive as a plain Error.
    throw new UnreadableZip("the archive cannot be read", { cause });
  }
}

interface Part {
  readonly bytes: Buffer;
  readonly part: Download["part"];
}

/** @throws UnreadableZip when a server that knows no ranges sends an archive that is too large */
async function read(gitlab: GitLab, url: string, range: string): Promise<Part> {
  const { size, part, body, destroy } = await gitlab.download(url, { range });
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  if (size === undefined || size <= MAX_BYTES) {
    for await (const chunk of body) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > MAX_BYTES) break;
    }
    if (bytes <= MAX_BYTES) return { bytes: Buffer.concat(chunks, bytes), part };
  }
  destroy();
  throw new UnreadableZip("the directory of the archive is too large");
}

/** The end of an archive, of which more is asked for when the directory begins before it. */
class TailReader extends RandomAccessReader {
  #bytes: Buffer;
  #start: number;
  readonly #ask: (from: number, to: number) => Promise<Buffer>;

  constructor(
    tail: { readonly bytes: Buffer; readonly start: number },
    ask: (from: number, to: number) => Promise<Buffer>,
  ) {
    super();
    this.#bytes = tail.bytes;
    this.#start = tail.start;
    this.#ask = ask;
  }

  override _readStreamForRange(start: number, end: number): Readable {
    return Readable.from(this.#read(start, end));
  }

  async *#read(start: number, end: number): AsyncGenerator<Buffer, void> {
    if (this.#start - start > MAX_BYTES) throw new UnreadableZip("the directory of the archive is too large");
    if (start < this.#start) {
      this.#bytes = Buffer.concat([await this.#ask(start, this.#start), this.#bytes]);
      this.#start = start;
    }
    yield this.#bytes.subarray(start - this.#start, end - this.#start);
  }
}

class UnreadableZip extends Error {}
