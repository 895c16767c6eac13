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
    name: "verify",
    names: SOME_NAMES,
    summary: "download what is locked again and compare; tell what changed, expired or was erased",
    options: [],
    examples: [["artifacts verify --json", "every variant with its verdict; exit code 1 on trouble"]],
    load: () => import("./verify.js"),
  },
  {
    name: "fetch",
    names: SOME_NAMES,
    summary: "put locked bytes into the local Nix store, as the current user",
    options: [
      { flags: "--system <system>", text: "for this Nix system instead of this machine's", repeatable: true },
      { flags: "--all-systems", text: "for every system that is locked" },
    ],
    examples: [
      ["artifacts fetch", "all artifacts for this machine; afterwards builds need no network"],
      ["artifacts fetch acme-cli --all-systems", "one artifact, for every system"],
    ],
    load: () => import("./fetch.js"),
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
