/** A lock in a GitLab repository, followed: what its branch says is served, and nobody has to bring it here. */
import { UserError, userErrorsOf } from "../errors.js";
import type { GitLab } from "../gitlab/gitlab.js";
import { getCommit, getFile } from "../gitlab/repository.js";
import { parseLock } from "../lock/read.js";
import type { Lock } from "../lock/schema.js";
import { type LockAddress, lockAddressText } from "./lock-address.js";
import { lockCopy } from "./lock-copy.js";
import type { LockState, Locks } from "./locks.js";
import type { Log } from "./log.js";

export interface FollowOptions {
  readonly gitlab: GitLab;
  /** Where the last good version is kept for a start without GitLab; undefined: nowhere. */
  readonly directory: string | undefined;
  readonly log: Log;
  readonly pollMs?: number;
}

/** One small request each. */
const POLL_MS = 30_000;
/** The longest pause, while GitLab does not answer. */
const MOST_POLL_MS = 300_000;

/**
 * Reads a lock from a repository, and again when the commit of the ref has changed. The commit is compared, not an entity tag: GitLab
 * has given files tags that stayed the same when the files changed. A lock that is broken or out of reach leaves the last good
 * version in force, at the start the one that is kept on disk.
 *
 * @throws UserError at the start, when neither GitLab nor the disk has a good one
 */
export async function followLock(address: LockAddress, options: FollowOptions): Promise<Locks> {
  const { gitlab, directory, log, pollMs = POLL_MS } = options;
  const file = lockAddressText(address);
  const copy = lockCopy(address, directory);
  let [closed, failures] = [false, 0];
  /** The commit whose file `content` is, or whose file is what is wrong with it. */
  let seen: string | undefined;
  let unreachable: Problem;
  let content = await first();
  let timer = setTimeout(poll, pollMs).unref();

  async function first(): Promise<LockState> {
    try {
      return await read(await newest());
    } catch (error) {
      const kept = await copy.read().catch((damage: unknown) => {
        log({ level: "error", event: "damaged", file, error: messageOf(damage) });
        return undefined;
      });
      if (kept === undefined) throw error;
      return note({ file, ...kept, problem: undefined }, error);
    }
  }

  function poll(): void {
    void look().finally(() => {
      if (!closed) timer = setTimeout(poll, pauseMs(failures, pollMs)).unref();
    });
  }

  async function look(): Promise<void> {
    try {
      const commit = await newest();
      const back = unreachable !== undefined;
      if (commit !== seen) content = await read(commit);
      else if (!back) return;
      unreachable = undefined;
      failures = 0;
      if (content.problem === undefined) log({ level: "info", event: "reloaded", file, commit });
    } catch (error) {
      if (!closed) content = note(content, error);
    }
  }

  async function newest(): Promise<string> {
    return (await getCommit(gitlab, address, address.ref)).id;
  }

  async function read(commit: string): Promise<LockState> {
    const found = await getFile(gitlab, address, { commit, path: address.path });
    seen = commit;
    unreachable = undefined;
    failures = 0;
    if (found === undefined) throw new BadLock(`${address.path} is not there in ${commit}`);
    const text = Buffer.from(found.content, "base64").toString("utf8");
    const lock = parsed(text, address.path);
    await copy.write(text).catch((error: unknown) => {
      log({ level: "error", event: "not-kept", file, error: messageOf(error) });
    });
    return { file, lock, loadedAt: Date.now(), problem: undefined };
  }

  /** Told once for each reason, however often it is met. */
  function note(known: LockState, error: unknown): LockState {
    const message = messageOf(error);
    const before = error instanceof BadLock ? known.problem : unreachable;
    const problem = before?.message === message ? before : { since: Date.now(), message };
    if (problem !== before) log({ level: "error", event: "kept-old-lock", file, error: message });
    if (error instanceof BadLock) return { ...known, problem };
    unreachable = problem;
    failures++;
    return known;
  }

  const state = (): LockState => ({ ...content, problem: unreachable ?? content.problem });
  return {
    current: () => [content.lock],
    states: () => [state()],
    close() {
      closed = true;
      clearTimeout(timer);
    },
  };
}

/** How long nothing is asked, in milliseconds, after so many looks in a row that failed. */
export function pauseMs(failures: number, pollMs = POLL_MS): number {
  return Math.min(pollMs * 2 ** failures, Math.max(pollMs, MOST_POLL_MS));
}

type Problem = LockState["problem"];

/** What is wrong with a file of a commit: it stays so until there is another commit. */
class BadLock extends UserError {
  constructor(message: string) {
    super("NO_LOCK", message);
  }
}

function parsed(text: string, path: string): Lock {
  try {
    return parseLock(text, path);
  } catch (error) {
    throw new BadLock(messageOf(error));
  }
}

function messageOf(error: unknown): string {
  return (
    userErrorsOf(error)
      ?.map(({ message }) => message)
      .join("; ") ?? String(error)
  );
}
