/** The locks that `artifacts proxy` is told to serve: files, patterns of files, and files of repositories. */
import { join } from "node:path";
import { UserError } from "../errors.js";
import type { GitLab } from "../gitlab/gitlab.js";
import { makeDirectory } from "../make-directory.js";
import { followLock } from "../proxy/gitlab-lock.js";
import { parseLockAddress } from "../proxy/lock-address.js";
import { type Locks, openLocks } from "../proxy/locks.js";
import type { Log } from "../proxy/log.js";

export interface OpenLocksOptions {
  /** As `--lock` names them. */
  readonly files: readonly string[];
  /** What paths are relative to. */
  readonly directory: string;
  /** The instance of the repositories, a base URL. */
  readonly instance: string | undefined;
  readonly gitlab: GitLab;
  /** The proxy's cache, where locks of repositories are kept; undefined: they are not. */
  readonly cache: string | undefined;
  readonly log: Log;
}

/** @throws UserError when one of them is not to be had at the start */
export async function openAllLocks({
  files,
  directory,
  instance,
  gitlab,
  cache,
  log,
}: OpenLocksOptions): Promise<Locks> {
  const plain = files.filter((file) => parseLockAddress(file) === undefined);
  const addresses = files.map(parseLockAddress).filter((address) => address !== undefined);
  const copies = cache === undefined || addresses.length === 0 ? undefined : join(cache, "locks");
  if (copies !== undefined) await makeDirectory(copies, 0o700);
  const opened: Locks[] = [];
  const close = () => opened.forEach((locks) => locks.close());
  try {
    if (plain.length > 0) opened.push(await openLocks({ files: plain, directory, log }));
    for (const address of addresses) {
      if (instance === undefined) throw instanceUnknown();
      opened.push(await followLock({ ...address, instance }, { gitlab, directory: copies, log }));
    }
  } catch (error) {
    close();
    throw error;
  }
  const [only, ...others] = opened;
  if (only !== undefined && others.length === 0) return only;
  return {
    current: () => opened.flatMap((locks) => locks.current()),
    states: () => opened.flatMap((locks) => locks.states()),
    close,
  };
}

function instanceUnknown(): UserError {
  return new UserError("NO_INSTANCE", "--lock names a repository, and nothing says of which GitLab", {
    exitCode: 2,
    hint: "set `gitlab` in artifacts.config.ts, or export GITLAB_HOST",
  });
}
