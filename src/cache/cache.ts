/**
 * BESIDE the pipeline: Nix binary caches, seen as places that hold files under keys. What the files mean is known to `store`
 * (`.narinfo`) and to `publish`; which kinds of caches there are, to `open-cache.ts`. This file is the contract.
 */

/** Bytes that wait on disk. */
export interface StagedFile {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** MIME type. */
  readonly type: string;
}

export interface CacheText {
  readonly text: string;
  /** MIME type. */
  readonly type: string;
}

export interface CacheEntry {
  readonly key: string;
  /** Bytes. */
  readonly size: number;
}

/**
 * A binary cache. What is written under a key is there completely or not at all, and is there when the promise is fulfilled.
 * Every method throws a `UserError` that names the cache when that refuses or is out of reach, after having tried again what
 * may pass.
 */
export interface BinaryCache {
  /** Its address for messages, without credentials. */
  readonly name: string;
  /** The text under `key`, or undefined when there is none. */
  readText(key: string): Promise<string | undefined>;
  has(key: string): Promise<boolean>;
  /** The bytes under `key`, or undefined when there are none. To be read to the end. */
  read(key: string): Promise<AsyncIterable<Uint8Array> | undefined>;
  /** Everything that is there, in no order; undefined for a kind of cache that cannot say. */
  readonly list: (() => AsyncIterable<CacheEntry>) | undefined;
  writeText(key: string, text: CacheText): Promise<void>;
  /** Puts the file's bytes under `key`. The file may be gone afterwards. */
  takeFile(key: string, file: StagedFile): Promise<void>;
  /** A directory for files that will be given to `takeFile`, where that costs the least. Gone when `use` is over. */
  withStaging<T>(use: (directory: string) => Promise<T>): Promise<T>;
  /** Frees connections, so that the process can end. */
  close(): Promise<void>;
}
