/** Locks as they are in commits of the repository, read by git and without a checkout. */
import { basename, dirname } from "node:path";
import pLimit from "p-limit";
import { withoutTokens } from "../credentials/child-environment.js";
import { UserError } from "../errors.js";
import { parseLock } from "../lock/read.js";
import type { Lock } from "../lock/schema.js";
import { type Finished, runProgram } from "../program.js";
import { excerpt } from "../redact.js";

export interface LocksAtRefsOptions {
  /** Absolute path of the lockfile in the working tree. */
  readonly lockFile: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

const TIMEOUT_MS = 60_000;
const MAX_LOCK_BYTES = 256 * 1024 * 1024;
const COMMITS_AT_ONCE = 8;

/**
 * The locks at `refs`: branches, tags and commits as git names them, and patterns with `*` and `**` of branches and tags. Where a
 * pattern matches, commits from before the first lock are passed over.
 *
 * @throws UserError when a ref is not there or matches nothing, has no lock, or has one that git cannot read, since what it needs would
 * be taken for garbage
 */
export async function readLocksAtRefs(
  refs: readonly string[],
  { lockFile, env }: LocksAtRefsOptions,
): Promise<Lock[]> {
  const git = createGit(dirname(lockFile), env);
  const name = basename(lockFile);
  const limit = pLimit(COMMITS_AT_ONCE);
  const locks = await Promise.all(
    refs.map(async (ref) => {
      const commits = ref.includes("*") ? await matching(ref, git) : [await commitOf(ref, git)];
      const texts = await Promise.all(commits.map((commit) => limit(() => lockAt(commit, name, git))));
      const found = texts.filter((text) => text !== undefined);
      if (found.length === 0) throw noLock(ref, name);
      return found.map((text) => parseLock(text, `${ref}:${name}`));
    }),
  );
  return locks.flat();
}

type Git = (...args: readonly string[]) => Promise<Finished>;

function createGit(cwd: string, env: LocksAtRefsOptions["env"]): Git {
  return async (...args) => {
    const bounds = { timeoutMs: TIMEOUT_MS, maxBytes: MAX_LOCK_BYTES };
    const finished = await runProgram("git", args, { cwd, env: withoutTokens(env), ...bounds });
    if (finished !== undefined && finished.ended === undefined) return finished;
    const problem = finished === undefined ? "is not in PATH" : `did not end (${finished.ended})`;
    throw new UserError("GIT_FAILED", `git ${problem}, so locks at refs cannot be read`, {
      hint: "name lockfiles instead: --lock FILE",
    });
  };
}

async function commitOf(ref: string, git: Git): Promise<string> {
  const { code, stdout } = await git(
    "rev-parse",
    "--verify",
    "--quiet",
    "--end-of-options",
    `${ref}^{commit}`,
  );
  if (code !== 0) throw noRef(ref);
  return stdout.trim();
}

/** Commits of the branches, remote branches and tags that match, each once. */
async function matching(pattern: string, git: Git): Promise<string[]> {
  const patterns = ["refs/heads/", "refs/remotes/", "refs/tags/", ""].map((prefix) => `${prefix}${pattern}`);
  const format = "--format=%(if)%(*objectname)%(then)%(*objectname)%(else)%(objectname)%(end)";
  const { code, stdout } = await git("for-each-ref", format, "--", ...patterns);
  const commits = [...new Set(stdout.split("\n").filter(Boolean))];
  if (code !== 0 || commits.length === 0) throw noRef(pattern);
  return commits;
}

/** Undefined only when git says that the commit has no such file: an object that it cannot read may be a lock. */
async function lockAt(commit: string, name: string, git: Git): Promise<string | undefined> {
  const lock = await git("cat-file", "blob", `${commit}:./${name}`);
  if (lock.code === 0) return lock.stdout;
  const listed = await git("ls-tree", "--name-only", commit, "--", name);
  if (listed.code === 0 && listed.stdout === "") return undefined;
  const said = excerpt(listed.code === 0 ? lock.stderr : listed.stderr);
  throw new UserError("GIT_FAILED", `git cannot read ${name} at commit ${commit}: ${said}`, {
    hint: "fetch what is missing, with `git fetch --refetch` in a partial clone, or name lockfiles instead: --lock FILE",
  });
}

function noRef(ref: string): UserError {
  return new UserError("NO_SUCH_REF", `git knows no ref "${ref}" here`, {
    exitCode: 2,
    hint: "`git for-each-ref` lists what it knows; in a shallow clone, as GitLab CI makes them, fetch it first",
  });
}

function noLock(ref: string, name: string): UserError {
  return new UserError("NO_LOCK_AT_REF", `there is no ${name} in "${ref}"`, {
    hint: "leave it out if it has none, or run this in the directory where the lock is",
  });
}
