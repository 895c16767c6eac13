/** How archives are compressed in a cache, by the word that a `.narinfo` has for it. */
import { compressXz } from "./xz.js";
import { compressZstd } from "./zstd.js";

type Transform = (body: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>;

interface Method {
  /** What file names end in, after `.nar`. */
  readonly suffix: string;
  /**
   * Loads what it needs.
   *
   * @param searchPath where programs are, as `PATH` says it
   */
  readonly open: (searchPath: string | undefined) => Promise<Transform>;
}

export const COMPRESSIONS = {
  zstd: { suffix: ".zst", open: compressZstd },
  xz: { suffix: ".xz", open: (searchPath) => Promise.resolve((body) => compressXz(body, searchPath)) },
  none: { suffix: "", open: () => Promise.resolve((body) => body) },
} as const satisfies Record<string, Method>;

export type Compression = keyof typeof COMPRESSIONS;

export const DEFAULT_COMPRESSION: Compression = "zstd";
