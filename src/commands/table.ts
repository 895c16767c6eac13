/**
 * Every command: its words for `--help`, and where its code is. Nothing here loads that code, so that help is quick;
 * a new command is one entry here and one file beside it.
 */
import type { Run } from "./command.js";

export interface Option {
  readonly flags: string;
  readonly text: string;
  /** Given more than once, all values count. */
  readonly repeatable?: boolean;
}

export interface CommandEntry {
  /** One word, or several: `cache verify` stands below `cache`. */
  readonly name: string;
  /** Positional part of the usage line; undefined when there is none. */
  readonly names?: string;
  readonly summary: string;
  readonly options: readonly Option[];
  /** Command lines with what they are for. */
  readonly examples: readonly (readonly [line: string, purpose: string])[];
  readonly load: () => Promise<{ run: Run<object> }>;
}

const SOME_NAMES = "[names...]";

/** What the first words of commands of several words stand for. */
export const GROUPS: Readonly<Record<string, string>> = {
  cache: "check binary caches",
};

export const COMMANDS: readonly CommandEntry[] = [
  {
    name: "lock",
    names: SOME_NAMES,
    summary: "resolve the newest artifacts, hash what changed, write lock and overlay",
    options: [
      { flags: "--check", text: "offline: fail unless lock and generated files match the manifests" },
      { flags: "--rehash", text: "download what is locked again and refuse other bytes" },
    ],
    examples: [
      ["artifacts lock", "bring everything up to date"],
      ["artifacts lock acme-cli", "only this artifact"],
      ["artifacts lock --check", "in CI: is what is committed consistent?"],
    ],
    load: () => import("./lock.js"),
  },
  {
    name: "outdated",
    names: SOME_NAMES,
    summary: "say what `lock` would change; download nothing",
    options: [],
    examples: [["artifacts outdated --json", "for scripts"]],
    load: () => import("./outdated.js"),
  },
  {
    name: "generate",
    summary: "write the Nix overlay from the lock; offline",
    options: [{ flags: "--check", text: "write nothing; fail unless the files are what the lock says" }],
    examples: [["artifacts generate", "after changing artifacts.config.ts or merging a lock"]],
    load: () => import("./generate.js"),
  },
  {
    name: "show",
    names: SOME_NAMES,
    summary: "show where the locked bytes come from; offline",
    options: [],
    examples: [["artifacts show acme-cli", "project, commit, pipeline, job, hash and store path"]],
    load: () => import("./show.js"),
  },
  {
    name: "fetch",
    names: SOME_NAMES,
    summary: "put locked bytes into the local Nix store, as the current user",
    options: [
      { flags: "--system <system>", text: "for this Nix system instead of this machine's", repeatable: true },
      { flags: "--all-systems", text: "for every system that is locked" },
      { flags: "--substitute", text: "ask Nix's substituters first, and GitLab for what they do not have" },
      { flags: "--gc-root <dir>", text: "keep it from the garbage collector, by links in this directory" },
    ],
    examples: [
      ["artifacts fetch", "all artifacts for this machine; afterwards builds need no network"],
      ["artifacts fetch acme-cli --all-systems", "one artifact, for every system"],
      ["artifacts fetch --gc-root .gcroots", "and keep it; links of what is locked no more are removed"],
    ],
    load: () => import("./fetch.js"),
  },
  {
    name: "publish",
    names: SOME_NAMES,
    summary: "write locked artifacts into a binary cache; needs no Nix",
    options: [
      {
        flags: "--to <cache>",
        text: "a path, file://, http(s):// or s3://BUCKET?region=…&endpoint=…&profile=…",
      },
      { flags: "--system <system>", text: "only for this Nix system (default: all)", repeatable: true },
      { flags: "--compression <method>", text: "zstd (default) or none" },
      { flags: "--signing-key <file>", text: "sign with this key; what is locked needs no signature" },
      { flags: "--netrc-file <file>", text: "user and password for http(s), as Nix has them" },
      {
        flags: "--audience <who>",
        text: "who may read the cache: private (default), internal or public; what fewer may read is refused",
      },
      { flags: "--expose-private", text: "publish it nevertheless" },
    ],
    examples: [
      ["artifacts publish --to file:///srv/cache", "everything that the cache does not have yet"],
      ["artifacts publish acme-cli --to 's3://team-cache?region=eu-central-1'", "one artifact, to Amazon S3"],
    ],
    load: () => import("./publish.js"),
  },
  {
    name: "cache verify",
    summary: "check every archive of a binary cache, and that what is locked is there",
    options: [
      { flags: "--store <cache>", text: "the cache, as for `publish --to`" },
      {
        flags: "--lock <file>",
        text: "expect what this lockfile has, instead of the current directory's",
        repeatable: true,
      },
      { flags: "--netrc-file <file>", text: "user and password for http(s), as Nix has them" },
    ],
    examples: [["artifacts cache verify --store 's3://team-cache?region=eu-central-1'", "after an incident"]],
    load: () => import("./cache-verify.js"),
  },
  {
    name: "proxy",
    summary: "serve locked artifacts to Nix, holding the credentials",
    options: [
      {
        flags: "--listen <address>",
        text: "loopback HOST:PORT (default: the port of `proxy` in the config)",
      },
      {
        flags: "--lock <file>",
        text: "serve this lockfile instead of the current directory's",
        repeatable: true,
      },
    ],
    examples: [["GITLAB_TOKEN=… artifacts proxy", "on the address that the overlay's derivations ask"]],
    load: () => import("./proxy.js"),
  },
  {
    name: "demo",
    summary: "everything once, against an embedded GitLab; needs no account",
    options: [{ flags: "--keep", text: "keep the demo's directory" }],
    examples: [["artifacts demo", "lock, overlay, both fetch modes, and a search for the token"]],
    load: () => import("./demo.js"),
  },
];
