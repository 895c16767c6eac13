import { PassThrough } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Download } from "../gitlab/gitlab.js";
import { type NarContent, withNarOf } from "./nar-of.js";
import { withSpooled } from "./spool.js";
import type { Nar } from "./unpack/unpack.js";
import { refuseOtherSize, verifiedBody } from "./verified-body.js";

/** A NAR that was hashed before. A variant of the lock is one, given a name. */
export interface ExpectedNar extends NarContent {
  /** Bytes of the file that is downloaded. */
  readonly size: number;
  /** SRI sha256 of the NAR. */
  readonly narHash: string;
}

/**
 * Downloads an artifact to a temporary file and gives the NAR of its store path. Reading it ends only if it is what was
 * expected. Frees the download.
 *
 * @throws UserError `OTHER_BYTES` when it is not, here or in place of the last chunk; `UNPACK_REFUSED` as `withNarOf`
 */
function withVerifiedNar<T>(
  download: Download,
  expected: ExpectedNar,
  use: (nar: Nar) => Promise<T>,
): Promise<T> {
  return withSpooled(ofSize(download, expected), ({ file }) =>
    withNarOf(expected, file, ({ size, read }) => {
      const { artifact, project, job, narSize, narHash } = expected;
      const bytes = { artifact, project, job, form: "file", size: narSize, hash: narHash } as const;
      return use({ size: narSize, read: () => verifiedBody({ size, body: read(), destroy() {} }, bytes) });
    }),
  );
}

/**
 * As `withVerifiedNar`, as a download: its body is the NAR and ends only if that is what was expected, when the temporary file is gone.
 * Whoever gets it must read it to the end or destroy it.
 */
export function verifiedNar(download: Download, expected: ExpectedNar): Download {
  const body = new PassThrough();
  // Whoever reads it gets the error, also who comes later.
  body.on("error", () => {});
  withVerifiedNar(download, expected, ({ read }) => pipeline(read(), body, { end: false })).then(
    () => body.end(),
    (error: unknown) => body.destroy(error instanceof Error ? error : new Error(String(error))),
  );
  return {
    size: expected.narSize,
    body,
    destroy() {
      body.destroy();
      download.destroy();
    },
  };
}

async function* ofSize(download: Download, expected: ExpectedNar): AsyncGenerator<Uint8Array> {
  try {
    if (download.size !== undefined) refuseOtherSize(download.size, expected);
    let received = 0;
    for await (const chunk of download.body) {
      received += chunk.length;
      if (received > expected.size) break;
      yield chunk;
    }
    refuseOtherSize(received, expected);
  } finally {
    download.destroy();
  }
}
