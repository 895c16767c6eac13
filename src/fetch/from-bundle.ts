/** Locked artifacts from a bundle (`bundle.ts`) into the store, without any network. Nothing in a bundle is believed. */
import { randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { extract } from "tar-stream";
import { UserError } from "../errors.js";
import { withTemporaryDirectory } from "../hash/temporary-directory.js";
import { onDisk } from "../hash/write-body.js";
import { type AddToStore, createAdder } from "./add-in-batches.js";
import { bundledArchive } from "./bundle.js";
import type { FetchOptions, FetchOutcome } from "./fetch.js";
import type { LockedEntry } from "../lock/entry.js";
import { methodOf, refuseOtherPath } from "./fetch-variant.js";
import { unpackBundled } from "./unpack-bundled.js";

export type FromBundleOptions = Pick<FetchOptions, "nix" | "signal" | "onProgress">;

interface Unpacking extends FromBundleOptions {
  readonly add: AddToStore;
  /** Where temporary files may be made. */
  readonly directory: string;
}

const READ_BYTES = 1024 * 1024;

/**
 * As `fetchIntoStore`, with the bytes of a bundle. Of its entries only those count that are named as an archive that is wanted and have
 * its size; their contents are compared with the lock before Nix gets them. The bundle is read once, from front to back.
 *
 * @param file absolute path of the bundle
 * @throws UserError when Nix does not answer; the reason of `signal` when that is aborted
 */
export async function fetchFromBundle(
  file: string,
  wanted: readonly LockedEntry[],
  options: FromBundleOptions,
): Promise<FetchOutcome[]> {
  const { nix, signal, onProgress } = options;
  const absent = await nix.missing([...new Set(wanted.map(({ variant }) => variant.storePath))], signal);
  const waiting = byArchive(wanted.filter(({ variant }) => absent.has(variant.storePath)));
  const added = await withTemporaryDirectory((directory) =>
    addAll(file, waiting, { ...options, directory, add: createAdder(nix, signal) }),
  );
  signal?.throwIfAborted();
  return Promise.all(
    wanted.map(async (one) => {
      const outcome = await outcomeOf(one, absent.has(one.variant.storePath) ? added : undefined, file);
      onProgress?.(outcome);
      return outcome;
    }),
  );
}

/** Each store path once, by the archive that makes it: several names may share one. */
function byArchive(wanted: readonly LockedEntry[]): Map<string, LockedEntry[]> {
  const archives = new Map<string, LockedEntry[]>();
  for (const one of new Map(wanted.map((one) => [one.variant.storePath, one])).values()) {
    const name = bundledArchive(one.variant);
    archives.set(name, [...(archives.get(name) ?? []), one]);
  }
  return archives;
}

/**
 * Adds what the bundle has of `waiting`.
 *
 * @returns by store path, what becomes of it; all of them are settled
 */
async function addAll(
  file: string,
  waiting: Map<string, LockedEntry[]>,
  options: Unpacking,
): Promise<ReadonlyMap<string, Promise<void>>> {
  const added = new Map<string, Promise<void>>();
  const settle = (ones: readonly LockedEntry[], outcome: Promise<void>) => {
    outcome.catch(() => undefined); // it is looked at when all are known
    for (const { variant } of ones) added.set(variant.storePath, outcome);
  };
  const tar = extract();
  const feeding = pipeline(createReadStream(file, { highWaterMark: READ_BYTES }), tar);
  feeding.catch(() => undefined); // the entries end with the same error
  try {
    for await (const entry of waiting.size === 0 ? [] : tar) {
      const ones = waiting.get(entry.header.name) ?? [];
      const [first] = ones;
      if (first === undefined || entry.header.size !== first.variant.narSize) {
        entry.resume();
        continue;
      }
      options.signal?.throwIfAborted();
      waiting.delete(entry.header.name);
      const unpacked = join(options.directory, randomUUID(), first.variant.name);
      const bytes = entry as AsyncIterable<Uint8Array>; // its type does not say of what it is a stream
      const { body, drain } = drainable(bytes, options.signal);
      const arrived = await unpackBundled(body, first, unpacked, options).then(
        () => undefined,
        (error: unknown) => ({ error: unreadable(file, error) }),
      );
      settle(ones, arrived === undefined ? addUnder(unpacked, ones, options) : Promise.reject(arrived.error));
      await drain();
    }
  } catch (error) {
    settle([...waiting.values()].flat(), Promise.reject(unreadable(file, error)));
  }
  await Promise.allSettled(added.values());
  return added;
}

/**
 * A body whose reader may stop early: to stop the iterator of an entry would destroy the whole tar.
 *
 * @returns `drain` reads what is left, so that the next entry can come
 */
function drainable(entry: AsyncIterable<Uint8Array>, signal: AbortSignal | undefined) {
  const iterator = entry[Symbol.asyncIterator]();
  let last: Promise<IteratorResult<Uint8Array>> | undefined;
  const next = () => (last = iterator.next());
  const body: AsyncIterable<Uint8Array> = { [Symbol.asyncIterator]: () => ({ next }) };
  const drain = async () => {
    // The stream answers one question at a time, and the reader may have left one open.
    for (let one = await last; one?.done !== true; one = await next()) signal?.throwIfAborted();
  };
  return { body, drain };
}

/** Nix takes the store name from the file, so that is given each of the names in turn. */
async function addUnder(unpacked: string, ones: readonly LockedEntry[], { add }: Unpacking): Promise<void> {
  let file = unpacked;
  for (const one of ones) {
    const named = join(dirname(unpacked), one.variant.name);
    if (named !== file) await onDisk(named, rename(file, named));
    file = named;
    refuseOtherPath(one, await add(file, methodOf(one)));
  }
  await rm(dirname(unpacked), { recursive: true, force: true });
}

async function outcomeOf(
  one: LockedEntry,
  added: ReadonlyMap<string, Promise<void>> | undefined,
  file: string,
): Promise<FetchOutcome> {
  if (added === undefined) return { ...one, status: "present" };
  try {
    await (added.get(one.variant.storePath) ?? Promise.reject(lacking(one, file)));
    return { ...one, status: "added" };
  } catch (error) {
    if (error instanceof UserError) return { ...one, status: "failed", error };
    throw error;
  }
}

function lacking({ artifact, system }: LockedEntry, file: string): UserError {
  return new UserError("BUNDLE_LACKS", `${artifact} (${system}) is not in ${file} as it is locked`, {
    hint: "write a bundle from this lock: artifacts fetch --offline-bundle FILE (--all-systems for other systems, too)",
  });
}

function unreadable(file: string, cause: unknown): unknown {
  if (cause instanceof UserError) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new UserError("BUNDLE_UNREADABLE", `cannot read the bundle ${file}: ${reason}`, {
    hint: "a bundle is what artifacts fetch --offline-bundle FILE wrote, in full length",
    cause,
  });
}
