/** Locked artifacts from a bundle (`bundle.ts`) into the store, without any network. Nothing in a bundle is believed. */
import { createReadStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { extract } from "tar-stream";
import { UserError } from "../errors.js";
import type { LockedEntry } from "../lock/entry.js";
import type { OpenStore } from "../store/daemon/open-store.js";
import { addBundled } from "./add-bundled.js";
import { bundledArchive } from "./bundle.js";
import type { FetchOptions, FetchOutcome } from "./fetch.js";
import { withStore } from "./with-store.js";

export type FromBundleOptions = Pick<FetchOptions, "nix" | "signal" | "onProgress">;

/** By store path: undefined when it was added, or why it was not. */
type Results = Map<string, { readonly error: unknown } | undefined>;

const READ_BYTES = 1024 * 1024;

/**
 * As `fetchIntoStore`, with the bytes of a bundle. Of its entries only those count that are named as an archive that is wanted and have
 * its size; their contents are compared with the lock while Nix gets them.
 *
 * @param file absolute path of the bundle
 * @throws UserError when Nix does not answer; the reason of `signal` when that is aborted
 */
export function fetchFromBundle(
  file: string,
  wanted: readonly LockedEntry[],
  { nix, signal, onProgress }: FromBundleOptions,
): Promise<FetchOutcome[]> {
  return withStore(nix, signal, async (store) => {
    const absent = await store.missing([...new Set(wanted.map(({ variant }) => variant.storePath))]);
    const results: Results = new Map();
    for (const archives of passes(wanted.filter(({ variant }) => absent.has(variant.storePath)))) {
      await addAll(file, archives, { store, results, signal });
      signal?.throwIfAborted();
    }
    return wanted.map((one) => {
      const outcome = outcomeOf(one, absent.has(one.variant.storePath) ? results : undefined, file);
      onProgress?.(outcome);
      return outcome;
    });
  });
}

/**
 * Each store path once, by the archive that makes it. Several names may share one, and each of them reads it: so there is a pass for
 * every first name, one for every second, and so on.
 */
function passes(wanted: readonly LockedEntry[]): Map<string, LockedEntry>[] {
  const rounds: Map<string, LockedEntry>[] = [];
  for (const one of new Map(wanted.map((one) => [one.variant.storePath, one])).values()) {
    const archive = bundledArchive(one.variant);
    const round = rounds.find((archives) => !archives.has(archive));
    if (round === undefined) rounds.push(new Map([[archive, one]]));
    else round.set(archive, one);
  }
  return rounds;
}

interface Adding {
  readonly store: OpenStore;
  readonly results: Results;
  readonly signal: AbortSignal | undefined;
}

/** Adds what the bundle has of `waiting`, reading it once, from front to back. */
async function addAll(
  file: string,
  waiting: Map<string, LockedEntry>,
  { store, results, signal }: Adding,
): Promise<void> {
  const tar = extract();
  const feeding = pipeline(createReadStream(file, { highWaterMark: READ_BYTES }), tar, { signal });
  feeding.catch(() => undefined); // the entries end with the same error
  try {
    for await (const entry of tar) {
      const one = waiting.get(entry.header.name);
      if (one === undefined || entry.header.size !== one.variant.narSize) {
        entry.resume();
        continue;
      }
      signal?.throwIfAborted();
      waiting.delete(entry.header.name);
      const bytes = entry as AsyncIterable<Uint8Array>; // its type does not say of what it is a stream
      const { body, drain } = drainable(bytes, signal);
      const result = await addBundled(body, one, store).then(
        () => undefined,
        (error: unknown) => ({ error: unreadable(file, error) }),
      );
      results.set(one.variant.storePath, result);
      await drain();
    }
  } catch (error) {
    for (const { variant } of waiting.values())
      results.set(variant.storePath, { error: unreadable(file, error) });
  }
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

function outcomeOf(one: LockedEntry, results: Results | undefined, file: string): FetchOutcome {
  const { storePath } = one.variant;
  if (results === undefined) return { ...one, status: "present" };
  const { error } = (results.has(storePath) ? results.get(storePath) : { error: lacking(one, file) }) ?? {};
  if (error === undefined) return { ...one, status: "added" };
  if (error instanceof UserError) return { ...one, status: "failed", error };
  throw error;
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
