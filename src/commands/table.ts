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

/** What every command understands. */
export const GLOBAL_OPTIONS: readonly Option[] = [
  { flags: "-C, --directory <dir>", text: "run in this directory" },
  { flags: "--json", text: "print one JSON document on stdout and nothing else there" },
  { flags: "--quiet", text: "no warnings, no progress" },
  { flags: "--verbose", text: "more about what happens, on stderr" },
  { flags: "--token-file <file>", text: "read the GitLab token from this file" },
];

const SOME_NAMES = "[names...]";

const INSTANCE = "[url]";
const INSTANCE_TEXT = "base URL of the instance (default: GITLAB_HOST)";

/** What the first words of commands of several words stand for. */
export const GROUPS: Readonly<Record<string, string>> = {
  auth: "who asks GitLab: logins, tokens, and where they may be sent",
  helper: "be asked for credentials by other programs",
  cache: "check and tidy binary caches",
  queue: "what this machine built and has not uploaded yet",
};

const NETRC_OPTION = { flags: "--netrc-file <file>", text: "user and password for http(s), as Nix has them" };

const SPOOL_OPTION = {
  flags: "--spool <dir>",
  text: "the spool (default: $ARTIFACTS_SPOOL, /var/spool/nix-artifacts)",
};

const UPLOAD_OPTIONS: readonly Option[] = [
  { flags: "--to <cache>", text: "a path, file://, http(s):// or s3://…, as for `publish`" },
  SPOOL_OPTION,
  { flags: "--signing-key <file>", text: "sign with this key, so that consumers may trust what was built" },
  { flags: "--compression <method>", text: "zstd (default) or none" },
  NETRC_OPTION,
];

export const COMMANDS: readonly CommandEntry[] = [
  {
    name: "init",
    names: "[dir]",
    namesText: "the repository (default: the current directory)",
    summary: "make a repository that locks artifacts, or add to one what is missing; offline",
    options: [{ flags: "--gitlab <url>", text: "base URL of the instance (default: GITLAB_HOST)" }],
    examples: [
      ["artifacts init toolchain --gitlab https://gitlab.example.com", "a new one"],
      ["artifacts init", "in the repository that is here; no file that is there is changed"],
    ],
    load: () => import("./init.js"),
  },
  {
    name: "lock",
    names: SOME_NAMES,
    summary: "resolve the newest artifacts, hash what changed, write lock and overlay",
    options: [
      { flags: "--check", text: "offline: fail unless lock and generated files match the manifests" },
      { flags: "--rehash", text: "download what is locked again and refuse other bytes" },
      { flags: "--keep", text: "ask GitLab to keep what is locked for ever; needs a token that may write" },
    ],
    examples: [
      ["artifacts lock", "bring everything up to date"],
      ["artifacts lock acme-cli", "only this artifact"],
      ["artifacts lock --keep", "bring it up to date, and let none of it expire"],
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
      { flags: "--substitute", text: "ask Nix's substituters first, and GitLab for what they do not have" },
      { flags: "--gc-root <dir>", text: "keep it from the garbage collector, by links in this directory" },
      { flags: "--offline-bundle <file>", text: "also write it to one file, for machines without a network" },
      { flags: "--from-bundle <file>", text: "take it from such a file, and ask nobody" },
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
    name: "cache gc",
    summary: "say what of a binary cache nothing locked needs any more; remove it with --delete",
    options: [
      { flags: "--store <cache>", text: "the cache: a path, file:// or s3://…, as for `publish --to`" },
      {
        flags: "--lock <file>",
        text: "keep what this lockfile has, instead of the current directory's",
        repeatable: true,
      },
      {
        flags: "--ref <ref>",
        text: "keep what is locked in this branch, tag or commit, or in all that match: 'origin/**'",
        repeatable: true,
      },
      {
        flags: "--keep <path>",
        text: "keep this store path, or the one that a link leads to",
        repeatable: true,
      },
      { flags: "--grace <days>", text: "keep what was written within this time (default: 30, at least 1)" },
      { flags: "--delete", text: "remove it; without, nothing is changed" },
    ],
    examples: [
      ["artifacts cache gc --store /srv/cache --ref 'origin/**'", "what no branch needs, and how much it is"],
      [
        "artifacts cache gc --store 's3://team-cache?region=eu-central-1' --ref 'origin/**' --delete",
        "once a week",
      ],
    ],
    load: () => import("./cache-gc.js"),
  },
  {
    name: "hook",
    summary: "as Nix's post-build hook: queue what was built; by hand: print the line for nix.conf",
    options: [SPOOL_OPTION],
    examples: [["artifacts hook >> /etc/nix/nix.conf", "queue every build of this machine from now on"]],
    load: () => import("./hook.js"),
  },
  {
    name: "uploader",
    summary: "send what was built, and all that it needs, to a binary cache",
    options: [...UPLOAD_OPTIONS, { flags: "--once", text: "try everything that waits once, then end" }],
    examples: [
      [
        "artifacts uploader --to 's3://team-cache?region=eu-central-1' --signing-key /etc/cache-key",
        "as a service",
      ],
    ],
    load: () => import("./uploader.js"),
  },
  {
    name: "queue add",
    names: "<paths...>",
    namesText: "store paths, or links to them",
    summary: "queue paths that were not built just now",
    options: [SPOOL_OPTION],
    examples: [["artifacts queue add ./result", "what is there, with all that it needs"]],
    load: () => import("./queue-add.js"),
  },
  {
    name: "queue status",
    summary: "say what waits, and what holds it",
    options: [SPOOL_OPTION],
    examples: [["artifacts queue status --json", "for a monitor"]],
    load: () => import("./queue-status.js"),
  },
  {
    name: "queue wait",
    summary: "wait until what is queued now is in the cache",
    options: [SPOOL_OPTION, { flags: "--timeout <seconds>", text: "fail after this time" }],
    examples: [["artifacts queue wait --timeout 600", "at the end of a CI job"]],
    load: () => import("./queue-wait.js"),
  },
  {
    name: "queue drain",
    summary: "upload everything that waits, here and now",
    options: UPLOAD_OPTIONS,
    examples: [
      [
        "artifacts queue drain --to file:///srv/cache --signing-key /etc/cache-key",
        "before a machine goes away",
      ],
    ],
    load: () => import("./queue-drain.js"),
  },
  {
    name: "proxy",
    summary: "serve locked artifacts to Nix, holding the credentials",
    options: [
      { flags: "--check", text: "start nothing; say whether locks, tokens, cache and addresses are fit" },
      {
        flags: "--listen <address>",
        text: "loopback HOST:PORT, unix:PATH or systemd:NAME (default: that of `proxy` in the config)",
        repeatable: true,
      },
      {
        flags: "--passthrough <address>",
        text: "listen there too, for callers who bring their own GitLab token as Basic password",
        repeatable: true,
      },
      {
        flags: "--id-token-listen <address>",
        text: "listen there too, for CI jobs that bring a GitLab ID token; `proxyPolicy` says who gets what",
        repeatable: true,
      },
      {
        flags: "--audience <text>",
        text: "what the ID tokens of --id-token-listen have in `aud`",
        repeatable: true,
      },
      {
        flags: "--admin-listen <address>",
        text: "show status page and metrics there: names of artifacts, never their bytes",
        repeatable: true,
      },
      { flags: "--socket-group <group>", text: "let this group connect to unix sockets, as nixbld" },
      {
        flags: "--lock <file>",
        text: "serve this lockfile, those that match a pattern, or gitlab:PROJECT@REF:PATH (default: the current directory's)",
        repeatable: true,
      },
      {
        flags: "--cache <dir>",
        text: "keep bytes here (default: $CACHE_DIRECTORY, ~/.cache/nix-artifacts/proxy)",
      },
      { flags: "--cache-size <size>", text: "keep this much, for example 500M (default: 20G)" },
      { flags: "--log-format <format>", text: "text (default) or json" },
    ],
    examples: [
      ["GITLAB_TOKEN=… artifacts proxy", "on the address that the overlay's derivations ask"],
      ["artifacts proxy --check", "before a start, with the same options"],
    ],
    load: () => import("./proxy.js"),
  },
  {
    name: "bump",
    summary: "open and tend merge requests that keep the lock fresh",
    options: [
      { flags: "--dry-run", text: "print what would be done; change nothing" },
      {
        flags: "--project <project>",
        text: "work in this project (default: that of the CI job or of the git remote)",
      },
      { flags: "--junit <file>", text: "also write a JUnit report, for the page of the pipeline" },
    ],
    examples: [
      ["artifacts bump", "in a scheduled pipeline, with GITLAB_TOKEN of a project access token"],
      ["artifacts bump --dry-run --project group/name", "look first"],
    ],
    load: () => import("./bump.js"),
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
      { flags: "--keep-in <place>", text: "keyring (default, where there is one) or file" },
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
    name: "auth netrc",
    names: INSTANCE,
    namesText: "base URL of the proxy (default: `proxy` of the config, when it is on this machine)",
    summary: "print or install the netrc entry with which Nix shows a proxy who asks",
    options: [
      { flags: "--gitlab <url>", text: "the instance whose token it is (default: GITLAB_HOST)" },
      { flags: "--install", text: "write it into a file of its own, ~/.config/nix-artifacts/netrc" },
      { flags: "--to <file>", text: "write it into this file, which holds nothing else" },
    ],
    examples: [
      ["artifacts auth netrc https://artifacts.example.com --install", "for a proxy with --passthrough"],
    ],
    load: () => import("./auth-netrc.js"),
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
    name: "exec",
    names: "<command...>",
    namesText: "what to run, after --",
    summary: "run a command whose builds may download by themselves (fetch mode impure-env)",
    options: [],
    examples: [
      ["artifacts exec -- nix build .#acme-cli", "with a token in NIX_CONFIG, never on a command line"],
    ],
    load: () => import("./exec.js"),
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
