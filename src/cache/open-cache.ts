import { fileURLToPath } from "node:url";
import { isAbsolute, resolve } from "node:path";
import { ANONYMOUS } from "../credentials/credentials.js";
import { UserError } from "../errors.js";
import type { BinaryCache } from "./cache.js";
import { openFileCache } from "./file-cache.js";

export interface OpenCacheOptions {
  /** Relative paths start here. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** User and password for http(s). */
  readonly netrcFile?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

type Opener = (url: URL, options: OpenCacheOptions) => Promise<BinaryCache>;

/** The kinds of caches by the scheme of their address. What a kind needs is loaded when it is asked for. */
const KINDS: Readonly<Record<string, Opener>> = {
  "file:": (url) => Promise.resolve(openFileCache(fileURLToPath(url))),
  "http:": openHttp,
  "https:": openHttp,
  async "s3:"(url, { env, signal }) {
    const [{ openS3Cache }, { parseS3Address }] = await Promise.all([
      import("./s3-cache.js"),
      import("./s3-address.js"),
    ]);
    return openS3Cache(parseS3Address(url, env), { signal });
  },
};

/**
 * The cache at an address. A plain path is a `file://` cache. Nothing is asked of it yet.
 *
 * @throws UserError BAD_CACHE for an address that is none
 */
export async function openCache(address: string, options: OpenCacheOptions): Promise<BinaryCache> {
  if (isAbsolute(address) || /^\.{1,2}(\/|$)/.test(address)) {
    return openFileCache(resolve(options.cwd, address));
  }
  const url = URL.canParse(address) ? new URL(address) : undefined;
  const open = url === undefined ? undefined : KINDS[url.protocol];
  if (url === undefined || open === undefined) throw unknownKind();
  if (url.username !== "" || url.password !== "") throw credentialsInAddress();
  return open(url, options);
}

async function openHttp(url: URL, { netrcFile, signal }: OpenCacheOptions): Promise<BinaryCache> {
  const [{ openHttpCache }, { netrcCredentials }] = await Promise.all([
    import("./http-cache.js"),
    import("./netrc-credentials.js"),
  ]);
  const credentials = netrcFile === undefined ? ANONYMOUS : netrcCredentials(netrcFile);
  return openHttpCache(url, { credentials, signal });
}

function unknownKind(): UserError {
  return new UserError("BAD_CACHE", "the address of the cache is of no known kind", {
    exitCode: 2,
    hint: "expected a path, file:///DIR, http://…, https://… or s3://BUCKET?region=…&endpoint=…",
  });
}

function credentialsInAddress(): UserError {
  return new UserError(
    "BAD_CACHE",
    "the address of the cache must not hold user or password: others can read it",
    {
      exitCode: 2,
      hint: "for http(s) put them into a file for --netrc-file; for s3 use AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    },
  );
}
