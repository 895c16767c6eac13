import { UserError } from "../errors.js";

/** A file of a repository, at whatever commit `ref` means now. */
export interface LockAddress {
  /** Base URL of the instance. */
  readonly instance: string;
  /** Full path of the project. */
  readonly project: string;
  /** Branch, tag or commit. */
  readonly ref: string;
  readonly path: string;
}

const PREFIX = "gitlab:";
const DEFAULT_PATH = "artifacts.lock.json";

/**
 * What `--lock` says when it means a repository: `gitlab:PROJECT@REF:PATH`, where `:PATH` may be left out. Git allows no colon in refs.
 *
 * @returns undefined when it means a file
 * @throws UserError `BAD_LOCK_ADDRESS`
 */
export function parseLockAddress(text: string): Omit<LockAddress, "instance"> | undefined {
  if (!text.startsWith(PREFIX)) return undefined;
  const match = /^(?<project>[^@:\s]+)@(?<ref>[^:\s]+)(:(?<path>[^:]+))?$/.exec(text.slice(PREFIX.length));
  const { project, ref, path = DEFAULT_PATH } = match?.groups ?? {};
  if (project !== undefined && ref !== undefined) return { project, ref, path };
  throw new UserError(
    "BAD_LOCK_ADDRESS",
    `a lock in a repository is gitlab:PROJECT@REF:PATH, got "${text}"`,
    {
      exitCode: 2,
      hint: "for example --lock gitlab:platform/toolchain@main or --lock gitlab:platform/toolchain@main:nix/artifacts.lock.json",
    },
  );
}

/** As it is written in `--lock`. */
export function lockAddressText({ project, ref, path }: LockAddress): string {
  return `${PREFIX}${project}@${ref}:${path}`;
}
