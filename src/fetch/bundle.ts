/**
 * Locked artifacts in one file, for machines without a network. It is a tar of a binary cache (`nix-cache-info`, `.narinfo`, `nar/`), not
 * compressed: `artifacts fetch` reads it in one pass, and where that is not installed, tar and Nix do.
 */
import { createWriteStream } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { pack, type Pack } from "tar-stream";
import { UserError } from "../errors.js";
import { lockedNarInfo } from "../hash/locked-narinfo.js";
import { verifiedBody } from "../hash/verified-body.js";
import type { LockedVariant } from "../lock/schema.js";
import { narInfoKey, printNarInfo } from "../store/narinfo.js";
import { narOfPath } from "../store/nar-of-path.js";
import { nix32 } from "../store/nix32.js";
import { parseSri } from "../store/sri.js";
import type { LockedEntry } from "../lock/entry.js";

export interface WriteBundleOptions {
  readonly signal?: AbortSignal | undefined;
  /** Where the files of a store path are; default: at the path itself. */
  readonly locate?: (storePath: string) => string;
}

/** Name of the archive of a variant in a bundle: as any cache would call it, without compression. */
export function bundledArchive({ narHash }: LockedVariant): string {
  return `nar/${nix32(parseSri(narHash))}.nar`;
}

/**
 * Writes a bundle of what the store has. The same artifacts make the same file; it is there completely or not at all.
 *
 * @param file absolute path
 * @throws UserError BUNDLE_NOT_WRITTEN, STORE_PATH_DAMAGED
 */
export async function writeBundle(
  file: string,
  wanted: readonly LockedEntry[],
  { signal, locate = (path) => path }: WriteBundleOptions = {},
): Promise<void> {
  const temporary = `${file}.${process.pid}.tmp`;
  const tar = pack();
  const all = [...new Map(wanted.map((one) => [one.variant.storePath, one])).values()];
  const filling = fill(tar, all.sort(byStorePath), locate).catch((error: unknown) => {
    tar.destroy(error instanceof Error ? error : new Error(String(error)));
    throw error;
  });
  // The tar is a stream of another implementation, which Node reads as any iterable.
  const writing = pipeline(Readable.from(tar), createWriteStream(temporary, { flush: true }), { signal });
  try {
    const [filled, written] = await Promise.allSettled([filling, writing]);
    signal?.throwIfAborted();
    if (filled.status === "rejected" && filled.reason instanceof UserError) throw filled.reason;
    if (written.status === "rejected") throw notWritten(file, written.reason);
    await rename(temporary, file).catch((cause: unknown) => Promise.reject(notWritten(file, cause)));
  } finally {
    await rm(temporary, { force: true });
  }
}

async function fill(
  tar: Pack,
  wanted: readonly LockedEntry[],
  locate: (path: string) => string,
): Promise<void> {
  await addText(tar, "nix-cache-info", "StoreDir: /nix/store\n");
  const archives = new Set<string>();
  for (const one of wanted) {
    const name = bundledArchive(one.variant);
    if (!archives.has(name)) await addArchive(tar, one, locate(one.variant.storePath));
    archives.add(name);
    await addText(tar, narInfoKey(one.variant.storePath), narInfoText(one.variant));
  }
  tar.finalize();
}

/** What the store has is compared with the lock on the way. */
async function addArchive(tar: Pack, { artifact, variant }: LockedEntry, path: string): Promise<void> {
  const { project, job, narSize: size, narHash: hash } = variant;
  const nar = { size, body: Readable.from(narOfPath(path)), destroy() {} };
  const verified = verifiedBody(nar, { artifact, project, job, form: "file", size, hash });
  const entry = tar.entry(header(bundledArchive(variant), size));
  await pipeline(Readable.from(verified), entry).catch((cause: unknown) => {
    throw cause instanceof UserError
      ? storeDamaged(variant.storePath, cause)
      : (storeUnreadable(path, cause) ?? cause);
  });
}

async function addText(tar: Pack, name: string, text: string): Promise<void> {
  await pipeline(Readable.from([text]), tar.entry(header(name, Buffer.byteLength(text))));
}

function header(name: string, size: number) {
  return { name, size, mode: 0o644, mtime: new Date(0) };
}

function narInfoText(variant: LockedVariant): string {
  const file = { hash: variant.narHash, size: variant.narSize };
  return printNarInfo(lockedNarInfo(variant, { url: bundledArchive(variant), compression: "none", file }));
}

function byStorePath(a: LockedEntry, b: LockedEntry): number {
  return a.variant.storePath < b.variant.storePath ? -1 : 1;
}

function notWritten(file: string, cause: unknown): UserError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new UserError("BUNDLE_NOT_WRITTEN", `cannot write the bundle ${file}: ${reason}`, {
    hint: "name a file in a directory that this user can write, with space left: --offline-bundle FILE",
    cause,
  });
}

function storeDamaged(path: string, cause: UserError): UserError {
  return new UserError("STORE_PATH_DAMAGED", `${path} is not what is locked: its contents changed`, {
    hint: `nix-store --delete ${path}, then run this again`,
    cause,
  });
}

/** Undefined when it is not the store that cannot be read. */
function storeUnreadable(path: string, cause: unknown): UserError | undefined {
  if (!(cause instanceof Error && "path" in cause && String(cause.path).startsWith(path))) return undefined;
  return new UserError("STORE_PATH_UNREADABLE", `cannot read what was fetched: ${cause.message}`, {
    hint: "a bundle is written from /nix/store itself; a store below another root (NIX_REMOTE=local?root=…) has its files elsewhere",
    cause,
  });
}
