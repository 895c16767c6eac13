import type { GitLab } from "../gitlab/gitlab.js";
import { hashMethod } from "../hash/form-content.js";
import { narOfDownload, refuseInconsistent } from "../hash/nar-of-download.js";
import type { LockedEntry } from "../lock/entry.js";
import type { LockedVariant } from "../lock/schema.js";
import type { FixedPath } from "../store/daemon/operations.js";
import type { OpenStore } from "../store/daemon/open-store.js";

export interface FetchContext {
  readonly gitlab: GitLab;
  readonly store: OpenStore;
  readonly signal: AbortSignal | undefined;
}

/**
 * Downloads one variant into the store, which gets the last bytes when all are known to be the locked ones.
 *
 * @throws UserError when the bytes cannot be had, are others than the locked ones, or Nix does not take them
 */
export async function fetchVariant(wanted: LockedEntry, context: FetchContext): Promise<void> {
  const { gitlab, store, signal } = context;
  const { variant } = wanted;
  refuseInconsistent(wanted);
  signal?.throwIfAborted();
  const body = await gitlab.download(variant.url, {
    verified: true,
    ...(signal === undefined ? {} : { signal }),
  });
  try {
    await store.add(fixedPath(variant), narOfDownload(body, wanted));
  } finally {
    body.destroy();
  }
}

/** What Nix is told of a variant. */
export function fixedPath({ storePath, form, hash, narHash, narSize }: LockedVariant): FixedPath {
  return { storePath, method: hashMethod(form), hash, narHash, narSize };
}
