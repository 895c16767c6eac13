/** The uploader: takes what the spool says and sends it, until the spool is empty or somebody stops it. */
import { claimCache } from "../publish/claim-cache.js";
import type { Nix } from "../store/nix.js";
import { createBackOff } from "./back-off.js";
import { resolveEntries } from "./resolve-entries.js";
import { listEntries, makeSpool, readEntry, removeEntry } from "./spool.js";
import { writeReport } from "./report.js";
import { uploadClosure, type UploadOptions } from "./upload-closure.js";
import { createWaker } from "./waker.js";

export interface UploaderOptions extends Omit<UploadOptions, "known" | "onUploaded"> {
  readonly spool: string;
  readonly nix: Nix;
  /** When to return: once each entry was tried, once there is none left, or when `signal` is aborted. */
  readonly until: "tried" | "empty" | "stopped";
  readonly log: (event: UploaderEvent) => void;
  /** First pause after a failure in milliseconds; it doubles each time. Default 1000. */
  readonly firstPauseMs?: number;
}

/** Something that an operator wants to see. */
export type UploaderEvent =
  | { readonly event: "uploaded"; readonly path: string; readonly bytes: number }
  | { readonly event: "dropped"; readonly path: string; readonly reason: string }
  | {
      readonly event: "failed";
      readonly entry: string;
      readonly error: unknown;
      readonly retryInSeconds: number | undefined;
    };

export interface Uploaded {
  readonly uploaded: number;
  readonly dropped: number;
  /** Entries that are still there, with the reason of the last failure. */
  readonly failed: ReadonlyMap<string, unknown>;
}

/** Entries that are worked on together: what they share is asked for once. */
const BATCH = 100;
/** What the cache has is asked for again after this time: it may have been tidied. */
const KNOWN_FOR_MS = 3600 * 1000;

/**
 * Entries stay in the spool until all that they mean is in the cache. One that fails is tried again after a pause that grows, alone, so
 * that it cannot hold others back.
 *
 * @throws UserError SPOOL_FAILED
 */
export async function runUploader(options: UploaderOptions): Promise<Uploaded> {
  const { spool, until, signal, firstPauseMs = 1000 } = options;
  await makeSpool(spool);
  const backOff = createBackOff({ firstPauseMs, giveUp: until === "tried" });
  const waker = createWaker(spool);
  const work = createWork(options, backOff);
  const asked = until === "tried" ? new Set(await listEntries(spool)) : undefined;
  try {
    for (;;) {
      await writeReport(spool, { cache: options.cache.name, ...work.counts(), failed: backOff.failures() });
      if (signal?.aborted === true) break;
      const names = (await listEntries(spool)).filter((name) => asked?.has(name) ?? true);
      backOff.keep(names);
      const batch = backOff.due(names, BATCH);
      if (batch.length > 0) await work.round(batch);
      else if (until !== "stopped" && (asked !== undefined || names.length === 0)) break;
      else await waker.wait(backOff.nextInMs(), signal);
    }
    return { ...work.counts(), failed: backOff.failures() };
  } finally {
    waker.close();
  }
}

function createWork(options: UploaderOptions, backOff: ReturnType<typeof createBackOff>) {
  const { spool, cache, signal, log } = options;
  const counts = { uploaded: 0, dropped: 0 };
  let claimed = false;
  let known = new Set<string>();
  let knownSince = performance.now();

  const onUploaded = (path: string, bytes: number) => {
    counts.uploaded += 1;
    log({ event: "uploaded", path, bytes });
  };
  const drop = (path: string, reason: string) => {
    counts.dropped += 1;
    log({ event: "dropped", path, reason });
  };
  const fail = (entry: string, error: unknown) => {
    const pause = backOff.failed(entry, error);
    const retryInSeconds = pause === undefined ? undefined : Math.ceil(pause / 1000);
    log({ event: "failed", entry, error, retryInSeconds });
  };

  return { round, counts: () => counts };

  async function round(names: readonly string[]): Promise<void> {
    try {
      await send(names);
    } catch (error) {
      if (signal?.aborted === true) return;
      const [only] = names;
      if (names.length === 1 && only !== undefined) fail(only, error);
      else if (claimed)
        for (const name of names) await round([name]); // one of them holds the others back
      else for (const name of names) fail(name, error);
    }
  }

  async function send(names: readonly string[]): Promise<void> {
    if (!claimed) await claimCache(cache);
    claimed = true;
    if (performance.now() - knownSince > KNOWN_FOR_MS) {
      known = new Set();
      knownSince = performance.now();
    }
    const entries = (await Promise.all(names.map((name) => readEntry(spool, name)))).filter(
      (entry) => entry !== undefined,
    );
    const { meant, infos, dropped } = await resolveEntries(entries, { nix: options.nix, signal });
    const failures = await uploadClosure(infos, { ...options, known, onUploaded });
    for (const [path, reason] of dropped) drop(path, reason);
    for (const [name, paths] of meant) {
      const failed = paths.find((path) => failures.has(path));
      if (failed === undefined) await removeEntry(spool, name);
      else fail(name, failures.get(failed));
    }
  }
}
