import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { UserError } from "../errors.js";
import type { GitLab } from "../gitlab/gitlab.js";
import { FORM_CONTENT } from "../hash/form-content.js";
import { verifiedBody } from "../hash/verified-body.js";
import { writeBody } from "../hash/write-body.js";
import type { AddToStore } from "./add-in-batches.js";
import type { Wanted } from "./fetch.js";

export interface FetchContext {
  readonly gitlab: GitLab;
  /** Where temporary files may be made. */
  readonly directory: string;
  readonly add: AddToStore;
  readonly signal: AbortSignal | undefined;
}

/**
 * Downloads one variant, verifies it and adds it to the store.
 *
 * @throws UserError when the bytes cannot be had, are others than the locked ones, or Nix does not take them
 */
export async function fetchVariant(
  wanted: Wanted,
  { gitlab, directory, add, signal }: FetchContext,
): Promise<void> {
  const { artifact, variant } = wanted;
  signal?.throwIfAborted();
  const own = await mkdtemp(join(directory, "variant-"));
  try {
    // Nix takes the store name from the file.
    const file = join(own, variant.name);
    const { method, executable } = FORM_CONTENT[variant.form];
    const download = await gitlab.download(variant.url, signal === undefined ? {} : { signal });
    await writeBody(file, verifiedBody(download, { artifact, ...variant }), executable ? 0o755 : 0o644);
    refuseOtherPath(wanted, await add(file, method));
  } finally {
    await rm(own, { recursive: true, force: true });
  }
}

function refuseOtherPath({ artifact, system, variant }: Wanted, path: string): void {
  if (path === variant.storePath) return;
  throw new UserError(
    "FETCH_OTHER_STORE_PATH",
    `${artifact} (${system}): Nix added the bytes as ${path}, but the lock expects ${variant.storePath}`,
    {
      hint: "use a Nix whose store is /nix/store; if it is, the lock is damaged: `artifacts lock` writes it anew",
    },
  );
}
