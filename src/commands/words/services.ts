/** What runs for others: the proxy and the bot. */
import type { CommandEntry } from "./entry.js";

export const SERVICES_COMMANDS: readonly CommandEntry[] = [
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
        flags: "--certificate-listen <address>",
        text: "listen there too, with TLS, for callers who show a client certificate",
        repeatable: true,
      },
      {
        flags: "--client-ca <file>",
        text: "authorities of the certificates of --certificate-listen, in PEM",
      },
      {
        flags: "--tls-cert <file>",
        text: "the proxy's own certificate, for --certificate-listen and addresses such as tls:HOST:PORT",
      },
      { flags: "--tls-key <file>", text: "its key" },
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
      { flags: "--idle-timeout <seconds>", text: "close a connection after so much silence (default: 300)" },
      {
        flags: "--min-rate <size>",
        text: "break off a client that takes fewer bytes a second over a whole answer (default: 16K; 0: never)",
      },
      {
        flags: "--peer-connections <count>",
        text: "connections that one other machine may have on each address (default: 256; 0: any number, for a front)",
      },
      { flags: "--log-format <format>", text: "text (default) or json" },
    ],
    examples: [
      ["GITLAB_TOKEN=… artifacts proxy", "on the address that the overlay's derivations ask"],
      ["artifacts proxy --check", "before a start, with the same options"],
    ],
    load: () => import("../proxy.js"),
  },
  {
    name: "bump",
    summary: "open and tend merge requests that keep the lock fresh",
    options: [
      { flags: "--dry-run", text: "print what would be done; change nothing" },
      {
        flags: "--project <project>",
        text: "work in this project (default: that of the CI job or of the git remote)",
        repeatable: true,
      },
      {
        flags: "--group <group>",
        text: "work in all projects of this group that have artifacts, its subgroups included",
        repeatable: true,
      },
      {
        flags: "--source <pattern>",
        text: "let artifacts come from these projects, the groups that theirs is in, and its namespace only",
        repeatable: true,
      },
      { flags: "--junit <file>", text: "also write a JUnit report, for the page of the pipeline" },
    ],
    examples: [
      ["artifacts bump", "in a scheduled pipeline, with GITLAB_TOKEN of a project access token"],
      ["artifacts bump --dry-run --project group/name", "look first"],
      ["artifacts bump --group platform --source 'vendor/*'", "in a whole group, with a group access token"],
    ],
    load: () => import("../bump.js"),
  },
];
