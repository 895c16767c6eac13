import { readdir, readlink, unlink } from "node:fs/promises";
import { join } from "node:path";
import pLimit from "p-limit";
import { UserError } from "../errors.js";
import { makeDirectory } from "../make-directory.js";
import type { Nix } from "../store/nix.js";
import type { LockedEntry } from "../lock/entry.js";

export interface GcRoots {
  /** Absolute path of the directory of the links; made when missing. */
  readonly directory: string;
  /** What is to be kept; the store has it. */
  readonly kept: readonly LockedEntry[];
  /** Everything that is locked. Links of anything else are removed. */
  readonly locked: readonly LockedEntry[];
  readonly nix: Nix;
  readonly signal?: AbortSignal | undefined;
}

/** Each link is made by a Nix of its own. */
const LINKS_AT_ONCE = 8;
/** Names of our links, and of nothing that a person would call so. */
const OUR_NAME = /^[a-zA-Z_][a-zA-Z0-9_-]*\.(any|[a-z0-9_]+-[a-z0-9_]+)$/;

/**
 * Keeps paths from the garbage collector: one link `<artifact>.<system>` each, registered with Nix as an indirect root, so that
 * removing a link, or the directory, lets the path go.
 *
 * @returns names of the links that were removed, since nothing of that name is locked any more
 * @throws UserError when the directory cannot be written, or Nix does not take the roots
 */
export async function keepFromGarbage({ directory, kept, locked, nix, signal }: GcRoots): Promise<string[]> {
  await inDirectory(directory, makeDirectory(directory));
  const limit = pLimit(LINKS_AT_ONCE);
  const roots = kept.map((one) =>
    limit(() => nix.addRoot(one.variant.storePath, join(directory, linkName(one)), signal)),
  );
  await Promise.allSettled(roots); // so that none is being made any more when one has failed
  await Promise.all(roots);
  return inDirectory(directory, removeStale(directory, new Set(locked.map(linkName))));
}

function linkName({ artifact, system }: LockedEntry): string {
  return `${artifact}.${system}`;
}

async function removeStale(directory: string, current: ReadonlySet<string>): Promise<string[]> {
  const removed: string[] = [];
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    const { name } = entry;
    if (!entry.isSymbolicLink() || !OUR_NAME.test(name) || current.has(name)) continue;
    if (!(await readlink(join(directory, name))).startsWith("/nix/store/")) continue;
    await unlink(join(directory, name));
    removed.push(name);
  }
  return removed.toSorted();
}

async function inDirectory<T>(directory: string, operation: Promise<T>): Promise<T> {
  try {
    return await operation;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new UserError("GC_ROOT_FAILED", `cannot keep links in ${directory}: ${reason}`, {
      hint: "name a directory that this user can write: --gc-root DIR",
      cause,
    });
  }
}
