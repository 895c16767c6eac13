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
  /** One word, or several: `auth login` stands below `auth`. */
  readonly name: string;
  /** Positional part of the usage line; undefined when there is none. */
  readonly names?: string;
  /** What they are, where they are not artifacts. */
  readonly namesText?: string;
  readonly summary: string;
  readonly options: readonly Option[];
  /** Command lines with what they are for. */
  readonly examples: readonly (readonly [line: string, purpose: string])[];
  readonly load: () => Promise<{ run: Run<object> }>;
}

const SOME_NAMES = "[names...]";

const INSTANCE = "[url]";
const INSTANCE_TEXT = "base URL of the instance (default: GITLAB_HOST)";

/** What the first words of commands of several words stand for. */
export const GROUPS: Readonly<Record<string, string>> = {
  auth: "who asks GitLab: logins, tokens, and where they may be sent",
  helper: "be asked for credentials by other programs",
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
    name: "auth status",
    names: INSTANCE,
    namesText: INSTANCE_TEXT,
    summary: "show which token there is for each instance, and what it can do",
    options: [{ flags: "--check", text: "fail unless each of them can read artifacts" }],
    examples: [["artifacts auth status --check", "before a long job: will the token do?"]],
    load: () => import("./auth-status.js"),
  },
  {
    name: "auth login",
    names: INSTANCE,
    namesText: INSTANCE_TEXT,
    summary: "log in to an instance; works over SSH and with any second factor",
    options: [
      { flags: "--client-id <id>", text: "Application ID of an OAuth application of the instance" },
      { flags: "--with-token", text: "store the token on stdin instead" },
    ],
    examples: [
      [
        "artifacts auth login https://gitlab.example.com --client-id 4f2a…",
        "confirm a code in a browser, anywhere",
      ],
      ["artifacts auth login gitlab.example.com --with-token < token", "keep a personal token"],
    ],
    load: () => import("./auth-login.js"),
  },
  {
    name: "auth logout",
    names: INSTANCE,
    namesText: INSTANCE_TEXT,
    summary: "revoke a login and forget it",
    options: [],
    examples: [["artifacts auth logout https://gitlab.example.com", "the tokens end at the instance, too"]],
    load: () => import("./auth-logout.js"),
  },
  {
    name: "auth helper get",
    summary: "answer as a credential helper in Bazel's protocol, on stdin and stdout",
    options: [],
    examples: [
      [`echo '{"uri":"https://gitlab.example.com/"}' | artifacts auth helper get`, "headers for this URL"],
    ],
    load: () => import("./auth-helper-get.js"),
  },
  {
    name: "auth trust",
    names: "<url>",
    namesText: "base URL of the instance",
    summary: "let tokens that name no host be sent to this instance",
    options: [
      { flags: "--plain-http", text: "also over plain http, where everybody on the way can read them" },
      {
        flags: "--helper <program>",
        text: "ask this credential helper (Bazel's protocol) for this instance",
      },
      { flags: "--revoke", text: "do not send them there any more" },
    ],
    examples: [["artifacts auth trust https://gitlab.example.com", "GITLAB_TOKEN may go there"]],
    load: () => import("./auth-trust.js"),
  },
  {
    name: "doctor",
    summary: "say what works here, what does not, and the fix",
    options: [],
    examples: [["artifacts doctor", "Node, Nix, repository, GitLab, token, proxy"]],
    load: () => import("./doctor.js"),
  },
  {
    name: "demo",
    summary: "everything once, against an embedded GitLab; needs no account",
    options: [{ flags: "--keep", text: "keep the demo's directory" }],
    examples: [["artifacts demo", "lock, overlay, both fetch modes, and a search for the token"]],
    load: () => import("./demo.js"),
  },
];
