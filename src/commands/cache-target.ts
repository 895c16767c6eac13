/** The cache that a command writes to, and how: options that all such commands share. */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { BinaryCache } from "../cache/cache.js";
import { openCache } from "../cache/open-cache.js";
import { UserError } from "../errors.js";
import { type Compression, COMPRESSIONS, DEFAULT_COMPRESSION } from "../publish/compression.js";
import { parseSigningKey, type SigningKey } from "../store/signing-key.js";
import type { CommandContext } from "./command.js";

export interface CacheOptions {
  readonly to?: string;
  readonly compression?: string;
  readonly signingKey?: string;
  readonly netrcFile?: string;
}

export interface CacheTarget {
  /** To be closed. */
  readonly cache: BinaryCache;
  readonly compression: Compression;
  readonly signingKey: SigningKey | undefined;
  /** Where programs are. */
  readonly searchPath: string | undefined;
}

/** @throws UserError for options that are wrong, and for a signing key that cannot be used */
export async function openTarget(
  options: CacheOptions,
  { cwd, env, signal }: CommandContext,
): Promise<CacheTarget> {
  const compression = parseCompression(options.compression);
  const signingKey = await readSigningKey(options.signingKey, cwd);
  const netrcFile = options.netrcFile === undefined ? undefined : resolve(cwd, options.netrcFile);
  const cache = await openCache(requireTo(options.to), { cwd, env, signal, netrcFile });
  return { cache, compression, signingKey, searchPath: env["PATH"] };
}

function requireTo(to: string | undefined): string {
  if (to !== undefined) return to;
  throw new UserError("NO_CACHE", "write to which cache?", {
    exitCode: 2,
    hint: "name the cache: --to file:///DIR, --to https://…, or --to 's3://BUCKET?region=…'",
  });
}

function parseCompression(text: string | undefined): Compression {
  if (text === undefined) return DEFAULT_COMPRESSION;
  if (isCompression(text)) return text;
  throw new UserError("BAD_COMPRESSION", `there is no compression "${text}"`, {
    exitCode: 2,
    hint: `there are: ${Object.keys(COMPRESSIONS).join(", ")}`,
  });
}

function isCompression(text: string): text is Compression {
  return Object.hasOwn(COMPRESSIONS, text);
}

async function readSigningKey(file: string | undefined, cwd: string): Promise<SigningKey | undefined> {
  if (file === undefined) return undefined;
  const path = resolve(cwd, file);
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new UserError("BAD_SIGNING_KEY", `cannot read the signing key: ${reason}`, { cause });
  });
  return parseSigningKey(text, path);
}
