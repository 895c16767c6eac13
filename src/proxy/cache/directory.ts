import { randomBytes } from "node:crypto";
import type { Stats } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { UserError } from "../../errors.js";
import { makeDirectory } from "../../make-directory.js";

/**
 * Where things are in the directory of a cache. `<key>` is form and hash of the lock, `file-<64 hex digits>`: it names the bytes,
 * so a file never changes, and two processes that write the same one write the same.
 *
 *     content/<key>             complete
 *     used/<key>                empty; its time of modification is the last use
 *     incoming/<key>.<random>   being downloaded by one process
 */
export interface Directory {
  readonly root: string;
  readonly content: string;
  readonly incoming: string;
  contentOf(key: string): string;
  usedOf(key: string): string;
  newIncoming(key: string): string;
  /** Makes again what somebody has deleted. */
  restore(): Promise<void>;
}

const OTHERS_MAY_WRITE = 0o022;

/**
 * Makes what is missing of a cache's directory.
 *
 * @throws UserError `CACHE_UNUSABLE` when that fails; `CACHE_NOT_PRIVATE` when another user owns it or may write there, who could
 *   then change files while they are read
 */
export async function openDirectory(root: string): Promise<Directory> {
  const [content, used, incoming] = [join(root, "content"), join(root, "used"), join(root, "incoming")];
  await restore();
  return {
    root,
    content,
    incoming,
    contentOf: (key) => join(content, key),
    usedOf: (key) => join(used, key),
    newIncoming: (key) => join(incoming, `${key}.${randomBytes(8).toString("hex")}`),
    restore,
  };

  async function restore(): Promise<void> {
    for (const path of [root, content, used, incoming]) refuseForeign(path, await statusOf(path));
  }
}

/** Made when it is missing. */
async function statusOf(path: string): Promise<Stats> {
  const status = await stat(path).catch(() => undefined);
  if (status?.isDirectory() === true) return status;
  await make(path);
  return stat(path);
}

async function make(path: string): Promise<void> {
  try {
    await makeDirectory(path, 0o700);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new UserError("CACHE_UNUSABLE", `the proxy cannot use ${path} as its cache: ${reason}`, {
      hint: "name a directory that the proxy may write: artifacts proxy --cache DIR",
      cause,
    });
  }
}

function refuseForeign(path: string, { uid, mode }: Stats): void {
  const [owner, own] = [uid, process.getuid?.() ?? uid];
  if (owner === own && (mode & OTHERS_MAY_WRITE) === 0) return;
  const who = owner === own ? "other users may write there" : `it belongs to user ${owner}`;
  throw new UserError("CACHE_NOT_PRIVATE", `the proxy does not trust ${path} as its cache: ${who}`, {
    hint: owner === own ? `chmod go-w ${path}` : "name a directory of its own: artifacts proxy --cache DIR",
  });
}
