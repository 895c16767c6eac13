/** The lockfiles that the proxy serves, kept up to date while it runs. */
import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { glob, isDynamicPattern } from "tinyglobby";
import { UserError, userErrorsOf } from "../errors.js";
import { readLock } from "../lock/read.js";
import { EMPTY_LOCK, type Lock } from "../lock/schema.js";
import type { Log } from "./log.js";

export interface Locks {
  /** The locks as they are now. */
  current(): readonly Lock[];
  /** Where each of them is from, and whether it is what its file says. */
  states(): readonly LockState[];
  close(): void;
}

export interface LockState {
  readonly file: string;
  /** The last good version: this is served. */
  readonly lock: Lock;
  /** When it was read, in milliseconds since 1970. */
  readonly loadedAt: number;
  /** Why the file is not what is served; undefined when it is. */
  readonly problem: { readonly since: number; readonly message: string } | undefined;
}

export interface LocksOptions {
  /** Paths, or patterns with the wildcards `*`, `**`, `?`, `[…]`, `{…}`. */
  readonly files: readonly string[];
  /** What they are relative to. */
  readonly directory: string;
  readonly log: Log;
  readonly pollMs?: number;
}

const POLL_MS = 1000;

/**
 * Reads lockfiles, reads each again when it changes, and follows which files match a pattern. One that is broken or gone then
 * leaves its last good version in force. A file that matches a pattern no more is not served any more.
 *
 * @throws UserError when a file cannot be read at the start, or nothing matches a pattern
 */
export async function openLocks({ files, directory, log, pollMs = POLL_MS }: LocksOptions): Promise<Locks> {
  const first = await matching({ files, directory }, refuseNothing);
  let states = new Map(await Promise.all(first.map(async (file) => [file, await firstOf(file)] as const)));
  let current = locksOf(states);
  let closed = false;
  /** Why the last look came to nothing. */
  let trouble: string | undefined;
  let timer = setTimeout(poll, pollMs).unref();

  function poll(): void {
    void look()
      .then(() => (trouble = undefined), complain)
      .finally(() => {
        if (!closed) timer = setTimeout(poll, pollMs).unref();
      });
  }

  /** Once for each reason. */
  function complain(error: unknown): void {
    const before = trouble;
    trouble = String(error);
    if (trouble === before) return;
    log({ level: "error", event: "kept-old-lock", file: files.join(", "), error: trouble });
  }

  async function firstOf(file: string): Promise<VersionedState> {
    const version = await versionOf(file);
    if (version === MISSING) return kept(undefined, { file, version, error: missing(file) });
    return { file, lock: await readLock(file), loadedAt: Date.now(), problem: undefined, version };
  }

  async function look(): Promise<void> {
    const found = await matching({ files, directory });
    const next = new Map(await Promise.all(found.map(async (file) => [file, await lookAt(file)] as const)));
    for (const file of states.keys())
      if (!next.has(file)) log({ level: "warn", event: "dropped-lock", file });
    states = next;
    current = locksOf(states);
  }

  async function lookAt(file: string): Promise<VersionedState> {
    const known = states.get(file);
    const version = await versionOf(file);
    if (known?.version === version) return known;
    try {
      if (known !== undefined && version === MISSING) throw missing(file);
      const lock = await readLock(file);
      log({ level: "info", event: "reloaded", file });
      return { file, lock, loadedAt: Date.now(), problem: undefined, version };
    } catch (error) {
      return kept(known, { file, version, error });
    }
  }

  function kept(known: LockState | undefined, { file, version, error }: Broken): VersionedState {
    const problems = userErrorsOf(error)?.map(({ message }) => message) ?? [String(error)];
    const message = problems.join("; ");
    log({ level: "error", event: "kept-old-lock", file, error: message });
    const { lock, loadedAt } = known ?? { lock: EMPTY_LOCK, loadedAt: Date.now() };
    return { file, lock, loadedAt, version, problem: { since: Date.now(), message } };
  }

  return {
    current: () => current,
    states: () => [...states.values()],
    close() {
      closed = true;
      clearTimeout(timer);
    },
  };
}

interface VersionedState extends LockState {
  /** As `versionOf` gives it. */
  readonly version: string;
}

interface Broken {
  readonly file: string;
  readonly version: string;
  readonly error: unknown;
}

/** What is wrong with locks, in words that anybody may read. */
export function notesOfLocks(states: readonly LockState[]): string[] {
  const broken = states.filter(({ problem }) => problem !== undefined).length;
  return broken === 0 ? [] : [`lockfiles that are broken, whose last good version is served: ${broken}`];
}

function locksOf(states: ReadonlyMap<string, LockState>): readonly Lock[] {
  return [...states.values()].map(({ lock }) => lock);
}

/** The files that are named, and those that match, each once. */
async function matching(
  { files, directory }: Pick<LocksOptions, "files" | "directory">,
  nothing: (pattern: string) => void = () => {},
): Promise<readonly string[]> {
  const found = new Set<string>();
  for (const file of files) {
    const path = resolve(directory, file);
    const literal = !isDynamicPattern(file) || (await versionOf(path)) !== MISSING;
    const matches = literal ? [path] : (await glob(file, { ...GLOB, cwd: directory })).toSorted();
    if (matches.length === 0) nothing(file);
    for (const match of matches) found.add(match);
  }
  return [...found];
}

const GLOB = { absolute: true, dot: true, onlyFiles: true, expandDirectories: false } as const;

function refuseNothing(pattern: string): never {
  throw new UserError("NO_LOCK", `no file matches --lock ${pattern}`, {
    exitCode: 2,
    hint: "a pattern must match at least one lockfile when the proxy starts; quote it, so that the shell leaves it alone",
  });
}

const MISSING = "missing";

/** Two versions of a file differ in this (inode(7)); a file that is not there is a version as well. */
async function versionOf(file: string): Promise<string> {
  const status = await stat(file, { bigint: true }).catch(() => undefined);
  return status === undefined ? MISSING : `${status.ino}-${status.mtimeNs}-${status.ctimeNs}-${status.size}`;
}

function missing(file: string): UserError {
  return new UserError("NO_LOCK", `${file} is not there`);
}
