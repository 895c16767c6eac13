import type { Download, GitLab } from "../gitlab/gitlab.js";
import type { Resolved } from "../resolve/resolved.js";
import { digestBody } from "./digest-body.js";
import { digestTree } from "./digest-tree.js";
import type { Digests, Hashed } from "./hashed.js";
import { withSpooled } from "./spool.js";
import { checkZip } from "./zip-magic.js";

export interface HashOptions {
  readonly gitlab: GitLab;
  /** Bytes that an archive may unpack to. */
  readonly maxUnpackedBytes?: number | undefined;
  /** Gives up: the download is closed and temporary files are removed. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: HashProgress) => void) | undefined;
}

export interface HashProgress {
  /** Bytes received so far. */
  readonly received: number;
  /** Bytes that are expected, when GitLab has said so. */
  readonly size: number | undefined;
}

/**
 * Downloads the bytes of a resolved variant once and computes every digest of them. Memory does not grow with their size.
 *
 * @throws UserError when GitLab does not give the bytes or gives something that cannot be them
 */
export async function hash(resolved: Resolved, options: HashOptions): Promise<Hashed> {
  const { signal } = options;
  const download = await options.gitlab.download(resolved.url, signal === undefined ? {} : { signal });
  try {
    return { ...resolved, ...(await digestDownload(resolved, download, options)) };
  } finally {
    download.destroy();
  }
}

async function digestDownload(
  resolved: Resolved,
  download: Download,
  { onProgress, maxUnpackedBytes }: HashOptions,
): Promise<Digests> {
  const { storeName: name, form } = resolved;
  const counted = onProgress === undefined ? download.body : count(download, onProgress);
  const body = resolved.file === undefined ? checkZip(counted, resolved) : counted;
  if (form === "unpacked") {
    return withSpooled(body, (archive) => digestTree(resolved, archive, maxUnpackedBytes));
  }
  if (download.size !== undefined) return digestBody(body, { name, form, size: download.size });
  return withSpooled(body, (file) => digestBody(file.read(), { name, form, size: file.size }));
}

async function* count(
  download: Download,
  onProgress: (progress: HashProgress) => void,
): AsyncIterable<Uint8Array> {
  let received = 0;
  for await (const chunk of download.body) {
    received += chunk.length;
    onProgress({ received, size: download.size });
    yield chunk;
  }
}
