/** What a machine builds, into a cache. */
import { type CommandEntry, NETRC_OPTION, type Option } from "./entry.js";

const SPOOL_OPTION = {
  flags: "--spool <dir>",
  text: "the spool (default: $ARTIFACTS_SPOOL, /var/spool/nix-artifacts)",
};

const UPLOAD_OPTIONS: readonly Option[] = [
  { flags: "--to <cache>", text: "a path, file://, http(s):// or s3://…, as for `publish`" },
  SPOOL_OPTION,
  { flags: "--signing-key <file>", text: "sign with this key, so that consumers may trust what was built" },
  { flags: "--compression <method>", text: "zstd (default), xz (smaller and much slower) or none" },
  NETRC_OPTION,
];

export const UPLOADS_COMMANDS: readonly CommandEntry[] = [
  {
    name: "hook",
    summary: "as Nix's post-build hook: queue what was built; by hand: print the line for nix.conf",
    options: [SPOOL_OPTION],
    examples: [["artifacts hook >> /etc/nix/nix.conf", "queue every build of this machine from now on"]],
    load: () => import("../hook.js"),
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
    load: () => import("../uploader.js"),
  },
  {
    name: "queue add",
    names: "<paths...>",
    namesText: "store paths, or links to them",
    summary: "queue paths that were not built just now",
    options: [SPOOL_OPTION],
    examples: [["artifacts queue add ./result", "what is there, with all that it needs"]],
    load: () => import("../queue-add.js"),
  },
  {
    name: "queue status",
    summary: "say what waits, and what holds it",
    options: [SPOOL_OPTION],
    examples: [["artifacts queue status --json", "for a monitor"]],
    load: () => import("../queue-status.js"),
  },
  {
    name: "queue wait",
    summary: "wait until what is queued now is in the cache",
    options: [SPOOL_OPTION, { flags: "--timeout <seconds>", text: "fail after this time" }],
    examples: [["artifacts queue wait --timeout 600", "at the end of a CI job"]],
    load: () => import("../queue-wait.js"),
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
    load: () => import("../queue-drain.js"),
  },
];
