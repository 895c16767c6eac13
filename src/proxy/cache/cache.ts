/**
 * The bytes that the proxy has on disk: under the hash that the lock has for them, bounded, shared by everybody who asks for the
 * same ones, and by several proxies. What leaves it has been verified by this process, see `verified-file.ts`; what is not
 * in it is downloaded once, however many wait, see `arriving.ts`.
 */
import { open, rename, rm } from "node:fs/promises";
import { type ExpectedBytes, verifiedBody } from "../../hash/verified-body.js";
import { sriToHex } from "../../store/sri.js";
import type { Log } from "../log.js";
import { type Arriving, startArriving } from "./arriving.js";
import type { Content, SharedHandle } from "./content.js";
import { openDirectory } from "./directory.js";
import { createHeldFiles } from "./held-files.js";
import { onCacheDisk } from "./on-cache-disk.js";
import { type Source, relay } from "./relay.js";
import { createShelf } from "./shelf.js";
import { openVerified, verifiedFile } from "./verified-file.js";

export interface CacheOptions {
  /** Made when it is missing; nobody else may write there. */
  readonly directory: string;
  /** Bytes that may stay. Downloads that run come on top. */
  readonly maxBytes: number;
  readonly log: Log;
}

export interface Acquired {
  readonly content: Content;
  /** Where the bytes come from: the disk, a download that another request began, or one of this request's own. */
  readonly from: "cache" | "shared" | "gitlab";
}

export interface Cache {
  /**
   * The bytes, from disk or from a download.
   *
   * @param source used when there is no download yet, or when the one that runs is refused to whoever began it
   * @throws UserError when the disk does not take them; what `source` throws comes out of the content while it is read
   */
  acquire(expected: ExpectedBytes, source: Source): Promise<Acquired>;
  /** Whether `acquire` would find them on disk. They are not verified for this. */
  has(expected: Pick<ExpectedBytes, "form" | "hash">): Promise<boolean>;
  /** Bytes of complete files, as counted last, and how many may stay. */
  usage(): { readonly bytes: number; readonly maxBytes: number };
  close(): void;
}

/**
 * Opens the cache in a directory and brings it within its bounds.
 *
 * @throws UserError when the directory cannot be used, or others may write there
 */
export async function openCache({ directory, maxBytes, log }: CacheOptions): Promise<Cache> {
  const places = await openDirectory(directory);
  const shelf = await createShelf(places, { maxBytes, log });
  const held = createHeldFiles();
  const arriving = new Map<string, Arriving>();
  const lookups = new Map<string, Promise<void>>();

  return {
    async acquire(expected, source) {
      const key = keyOf(expected);
      for (;;) {
        const known = joinKnown(key, source);
        if (known !== undefined) return known;
        await once(key, () => lookUp(key, expected));
        const found = joinKnown(key, source);
        if (found !== undefined) return found;
        const content = begin(key, expected).join(source);
        if (content !== undefined) return { content, from: "gitlab" };
      }
    },
    has: (expected) => shelf.has(keyOf(expected)),
    usage: () => ({ bytes: shelf.bytes(), maxBytes }),
    close: () => held.close(),
  };

  function joinKnown(key: string, source: Source): Acquired | undefined {
    const stored = held.get(key)?.join();
    if (stored !== undefined) {
      shelf.used(key);
      return { content: stored, from: "cache" };
    }
    held.drop(key);
    const content = arriving.get(key)?.join(source);
    if (content !== undefined) return { content, from: "shared" };
    arriving.delete(key);
    return undefined;
  }

  /** Runs `work` for one caller at a time; who comes meanwhile gets the same result. */
  function once(key: string, work: () => Promise<void>): Promise<void> {
    const running = lookups.get(key);
    if (running !== undefined) return running;
    const own = work().finally(() => lookups.delete(key));
    lookups.set(key, own);
    return own;
  }

  /** Holds the file, if it is on disk and as it should be. */
  async function lookUp(key: string, expected: ExpectedBytes): Promise<void> {
    const opened = await openVerified(places.contentOf(key), expected);
    if (opened === "damaged") return removeDamaged(key, expected);
    if (opened !== "absent") held.add(key, opened);
  }

  async function removeDamaged(key: string, { artifact }: ExpectedBytes): Promise<void> {
    log({ level: "error", event: "damaged", artifact, file: places.contentOf(key) });
    await shelf.remove(key);
  }

  function begin(key: string, expected: ExpectedBytes): Arriving {
    const file = places.newIncoming(key);
    const restored = onCacheDisk(places.root, places.restore());
    restored.catch(() => {}); // told to whoever creates the file
    const own = startArriving({
      file,
      async create() {
        await restored;
        return onCacheDisk(file, open(file, "wx+", 0o600));
      },
      size: expected.size,
      body: async (sources, signal) => verifiedBody(await relay(sources, signal), expected),
      complete: (shared) => keep(key, { file, shared, expected }),
      ended() {
        if (arriving.get(key) === own) arriving.delete(key);
        rm(file, { force: true }).catch(() => {}); // else it is removed when it is old
      },
    });
    arriving.set(key, own);
    return own;
  }

  /** What cannot be kept was served all the same. */
  async function keep(key: string, { file, shared, expected }: Complete): Promise<void> {
    if (expected.size > maxBytes) return;
    try {
      await rename(file, places.contentOf(key));
      shared.take();
      const kept = await verifiedFile(shared, expected);
      if (kept === "damaged") return await removeDamaged(key, expected);
      held.add(key, kept);
      await shelf.added(key, expected.size);
      held.dropRemoved();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      log({ level: "error", event: "not-kept", file: places.contentOf(key), error: reason });
    }
  }
}

interface Complete {
  readonly file: string;
  readonly shared: SharedHandle;
  readonly expected: ExpectedBytes;
}

/** Form and hash name the bytes: the same hash of a file and of a NAR is of other bytes. */
function keyOf({ form, hash }: Pick<ExpectedBytes, "form" | "hash">): string {
  return `${form}-${sriToHex(hash)}`;
}
