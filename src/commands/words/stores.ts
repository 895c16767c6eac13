/** Locked bytes into stores and caches. */
import { type CommandEntry, SOME_NAMES } from "./entry.js";

export const STORES_COMMANDS: readonly CommandEntry[] = [
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
    load: () => import("../fetch.js"),
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
      { flags: "--compression <method>", text: "zstd (default), xz (smaller and much slower) or none" },
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
    load: () => import("../publish.js"),
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
    load: () => import("../cache-verify.js"),
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
    load: () => import("../cache-gc.js"),
  },
];
