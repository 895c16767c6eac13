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
  /** When it was written last, in milliseconds since 1970; undefined where a cache does not tell. */
  readonly modified: number | undefined;
}

/** A text, and when it was written last. */
export type StoredText = Pick<CacheEntry, "modified"> & { readonly text: string };

/** What only caches can do that know all that they hold. */
export interface CacheContents {
  /** Everything that is there, in no order. */
  list(): AsyncIterable<CacheEntry>;
  /** Milliseconds since 1970, by the clock that `modified` is of. */
  now(): number;
  /**
   * Removes what is under `key`, unless it was written at or after `before`: that is seen at the last moment.
   *
   * @returns whether there is nothing any more
   */
  removeOld(key: string, before: number): Promise<boolean>;
}

/**
 * A binary cache. What is written under a key is there completely or not at all, and is there when the promise is fulfilled.
 * Every method throws a `UserError` that names the cache when that refuses or is out of reach, after having tried again what
 * may pass.
 */
export interface BinaryCache {
  /** Its address for messages, without credentials. */
  readonly name: string;
  /** The text under `key`, or undefined when there is none. What is far too long for a text of a cache is empty. */
  readText(key: string): Promise<StoredText | undefined>;
  /** What is known of the bytes under `key`, or undefined when there are none. */
  find(key: string): Promise<CacheEntry | undefined>;
  /** The bytes under `key`, or undefined when there are none. To be read to the end. */
  read(key: string): Promise<AsyncIterable<Uint8Array> | undefined>;
  /** Undefined for a kind of cache that cannot say what it holds. */
  readonly contents: CacheContents | undefined;
  /** Puts the text under `key`. What is there already counts as written anew. */
  writeText(key: string, text: CacheText): Promise<void>;
  /** Puts the file's bytes under `key`. The file may be gone afterwards. */
  takeFile(key: string, file: StagedFile): Promise<void>;
  /** A directory for files that will be given to `takeFile`, where that costs the least. Gone when `use` is over. */
  withStaging<T>(use: (directory: string) => Promise<T>): Promise<T>;
  /** Frees connections, so that the process can end. */
  close(): Promise<void>;
}
