import { randomUUID } from "node:crypto";
import { mkdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { LimitFunction } from "p-limit";
import { UserError } from "../errors.js";
import type { GitLab } from "../gitlab/gitlab.js";
import { FORM_CONTENT } from "../hash/form-content.js";
import { withVerifiedNar } from "../hash/verified-nar.js";
import { verifiedBody } from "../hash/verified-body.js";
import { onDisk, writeBody } from "../hash/write-body.js";
import type { AddToStore } from "./add-in-batches.js";
import type { Nix } from "../store/nix.js";
import type { LockedEntry } from "../lock/entry.js";

export interface FetchContext {
  readonly gitlab: GitLab;
  readonly nix: Nix;
  /** Where temporary files may be made. */
  readonly directory: string;
  /** Bounds the downloads that run at the same time. */
  readonly limit: LimitFunction;
  readonly add: AddToStore;
  readonly signal: AbortSignal | undefined;
}

/**
 * Downloads one variant, verifies it and adds it to the store. Only downloads count against the limit: so many small files wait
 * for Nix together and are added at once.
 *
 * @throws UserError when the bytes cannot be had, are others than the locked ones, or Nix does not take them
 */
export async function fetchVariant(wanted: LockedEntry, context: FetchContext): Promise<void> {
  const { directory, limit, add } = context;
  const own = join(directory, randomUUID());
  try {
    // Nix takes the store name from the file.
    const file = join(own, wanted.variant.name);
    await limit(() => download(wanted, file, context));
    refuseOtherPath(wanted, await add(file, methodOf(wanted)));
  } finally {
    await rm(own, { recursive: true, force: true });
  }
}

/** What Nix is to hash of what is added. */
export function methodOf({ variant: { form } }: LockedEntry): "flat" | "nar" {
  return form === "unpacked" ? "nar" : FORM_CONTENT[form].method;
}

/** Makes `file` what is to be added: the file itself, or the tree of an archive. */
async function download(
  { artifact, variant }: LockedEntry,
  file: string,
  context: FetchContext,
): Promise<void> {
  const { gitlab, nix, signal } = context;
  signal?.throwIfAborted();
  await onDisk(file, mkdir(dirname(file)));
  const body = await gitlab.download(variant.url, {
    verified: true,
    ...(signal === undefined ? {} : { signal }),
  });
  const { form } = variant;
  try {
    if (form === "unpacked") {
      await withVerifiedNar(body, { artifact, ...variant }, (nar) => nix.restore(nar.read(), file, signal));
    } else {
      const mode = FORM_CONTENT[form].executable ? 0o755 : 0o644;
      await writeBody(file, verifiedBody(body, { artifact, ...variant, form }), mode);
    }
  } finally {
    body.destroy();
  }
}

/** @throws UserError when Nix gave the bytes another path than the lock has */
export function refuseOtherPath({ artifact, system, variant }: LockedEntry, path: string): void {
  if (path === variant.storePath) return;
  throw new UserError(
    "FETCH_OTHER_STORE_PATH",
    `${artifact} (${system}): Nix added the bytes as ${path}, but the lock expects ${variant.storePath}`,
    {
      hint: "use a Nix whose store is /nix/store; if it is, the lock is damaged: `artifacts lock` writes it anew",
    },
  );
}
