/**
 * BESIDE the pipeline: what this machine built, on its way into a binary cache. Nix's hook leaves a note of every build in a spool; the
 * uploader sends what the notes mean and what that refers to, and then removes them.
 *
 * This file: the spool. It is a directory, each entry a file of its own, and it is all the state there is: a process that is killed
 * has lost nothing, and what was sent twice was there the second time. `nix/post-build-hook.sh` says how an entry looks.
 */
import { randomUUID } from "node:crypto";
import { readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { UserError } from "../errors.js";
import { makeDirectory } from "../make-directory.js";
import { parseStorePath } from "../store/store-path.js";
import { writeFiles } from "../write-file.js";

/** One build, or some paths that a person added. */
export interface Entry {
  readonly name: string;
  /** Store paths; empty when the entry does not say, as with Nix 2.8.0, or was never finished. */
  readonly paths: readonly string[];
  /** The derivation after which it is named. */
  readonly derivation: string | undefined;
}

/** Where the hook writes when nobody says otherwise. */
export const DEFAULT_SPOOL = "/var/spool/nix-artifacts";

const DERIVATION = /^(?<base>.+\.drv)\.\d+(\.\d)?$/;
const MAX_ENTRY_BYTES = 1024 * 1024;

/**
 * Makes the spool unless it is there: for everybody to read, so that a CI job can wait for its uploads, and for its owner to write.
 *
 * @throws UserError SPOOL_FAILED
 */
export async function makeSpool(spool: string): Promise<void> {
  await onSpool(spool, makeDirectory(spool, 0o755));
}

/**
 * Names of the entries; those that begin with a dot are other files.
 *
 * @throws UserError SPOOL_FAILED
 */
export async function listEntries(spool: string): Promise<string[]> {
  const files = await onSpool(spool, readdir(spool, { withFileTypes: true }));
  return files.filter((file) => file.isFile() && !file.name.startsWith(".")).map(({ name }) => name);
}

/**
 * @returns undefined when it is gone
 * @throws UserError SPOOL_FAILED
 */
export async function readEntry(spool: string, name: string): Promise<Entry | undefined> {
  const file = join(spool, name);
  const derivation = derivationOf(name);
  try {
    const { size } = await stat(file);
    const text = size > MAX_ENTRY_BYTES ? "" : await readFile(file, "utf8");
    // A name alone is a whole path by accident: what has no end of line was cut short.
    const words = text.endsWith("\n") ? text.split(/\s+/) : [];
    return { name, derivation, paths: words.filter(isStorePath) };
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    return onSpool(spool, Promise.reject(error));
  }
}

/** The derivation whose outputs an entry means, by the entry's name. */
export function derivationOf(name: string): string | undefined {
  const base = DERIVATION.exec(name)?.groups?.["base"];
  const path = `/nix/store/${base ?? ""}`;
  return isStorePath(path) ? path : undefined;
}

function isStorePath(text: string): boolean {
  return parseStorePath(text) === text;
}

/**
 * Puts store paths into the spool, on disk when this returns.
 *
 * @returns the name of the entry
 * @throws UserError WRITE_FAILED, SPOOL_FAILED
 */
export async function addEntry(spool: string, paths: readonly string[]): Promise<string> {
  await listEntries(spool);
  const name = `added.${randomUUID()}`;
  // Root's umask may be stricter than the uploader can bear.
  await writeFiles([{ path: join(spool, name), text: `${paths.join(" ")}\n`, mode: 0o644 }]);
  return name;
}

/** @throws UserError SPOOL_FAILED */
export async function removeEntry(spool: string, name: string): Promise<void> {
  await onSpool(spool, rm(join(spool, name), { force: true }));
}

async function onSpool<T>(spool: string, operation: Promise<T>): Promise<T> {
  try {
    return await operation;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new UserError("SPOOL_FAILED", `cannot use the spool ${spool}: ${reason}`, {
      hint: `name the spool with --spool DIR; make it for the user that uploads: install -d -o USER -m 755 ${spool}`,
      cause,
    });
  }
}
