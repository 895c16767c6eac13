/** Which project the bot works in. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { UserError } from "../errors.js";
import type { ProjectAddress } from "../gitlab/projects.js";

export interface AddressOptions {
  /** `--project`: full path or numeric id. */
  readonly project: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly directory: string;
  /** Instance in the configuration of the directory. */
  readonly configured: string | undefined;
}

/**
 * The project to open merge requests in: of `--project`, of the CI job, or of the git remote `origin`.
 *
 * @throws UserError BUMP_NO_PROJECT when nothing says which
 */
export async function addressOf({ project, ...options }: AddressOptions): Promise<ProjectAddress> {
  const remote = await originOf(options.directory);
  const path = project ?? (options.env["CI_PROJECT_PATH"] || remote?.path);
  if (path === undefined) throw notKnown("project");
  return { instance: instanceIn(options, remote), project: projectOf(path) };
}

/**
 * The instance to work in, for who names projects and groups: that of the CI job, of the environment, of the configuration or of
 * the git remote `origin`.
 *
 * @throws UserError BUMP_NO_PROJECT when nothing says which
 */
export async function instanceOf(options: Omit<AddressOptions, "project">): Promise<string> {
  return instanceIn(options, await originOf(options.directory));
}

function instanceIn(
  { env, configured }: Omit<AddressOptions, "project">,
  remote: Remote | undefined,
): string {
  const instance =
    hostUrl(env["CI_SERVER_URL"]) || hostUrl(env["GITLAB_HOST"]) || configured || remote?.instance;
  if (instance === undefined) throw notKnown("GitLab");
  return instance.replace(/\/+$/, "");
}

/** A project as the API wants it: a text of digits is an id. */
export function projectOf(text: string): ProjectAddress["project"] {
  return /^\d+$/.test(text) ? Number(text) : text;
}

function notKnown(what: string): UserError {
  return new UserError("BUMP_NO_PROJECT", `it is not known which ${what} to work in`, {
    hint: "run: artifacts bump --project group/name, with gitlab in artifacts.config.ts or GITLAB_HOST set",
    exitCode: 2,
  });
}

function hostUrl(host: string | undefined): string | undefined {
  if (host === undefined || host === "") return undefined;
  return /^https?:\/\//.test(host) ? host : `https://${host}`;
}

interface Remote {
  /** Undefined for ssh, which does not say where the API is. */
  readonly instance: string | undefined;
  readonly path: string;
}

/** The remote `origin` as `.git/config` has it (git-config(1), "Configuration file"). */
async function originOf(directory: string): Promise<Remote | undefined> {
  const text = await readFile(join(directory, ".git", "config"), "utf8").catch(() => "");
  const section = /^\[remote "origin"\]\n((?:[ \t].*\n?)*)/m.exec(text)?.[1] ?? "";
  const address = /^\s*url\s*=\s*(\S+)\s*$/m.exec(section)?.[1];
  return address === undefined ? undefined : parseRemote(address);
}

/** `https://host/group/name.git`, `ssh://git@host/group/name.git` or `git@host:group/name.git`. */
export function parseRemote(address: string): Remote | undefined {
  const short = /^[^/:@\s]+@([^/:\s]+):(?!\/)(\S+)$/.exec(address);
  const url = URL.canParse(address) ? new URL(address) : undefined;
  const path = (short?.[2] ?? url?.pathname)?.replace(/^\/+/, "").replace(/\.git\/?$|\/+$/, "");
  if (path === undefined || path === "") return undefined;
  const isHttp = url?.protocol === "https:" || url?.protocol === "http:";
  return { instance: isHttp ? url.origin : undefined, path };
}
