/** Whose token goes where. */
import type { CommandEntry } from "./entry.js";

const INSTANCE = "[url]";

const INSTANCE_TEXT = "base URL of the instance (default: GITLAB_HOST)";

export const CREDENTIALS_COMMANDS: readonly CommandEntry[] = [
  {
    name: "auth status",
    names: INSTANCE,
    namesText: INSTANCE_TEXT,
    summary: "show which token there is for each instance, and what it can do",
    options: [{ flags: "--check", text: "fail unless each of them can read artifacts" }],
    examples: [["artifacts auth status --check", "before a long job: will the token do?"]],
    load: () => import("../auth-status.js"),
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
    load: () => import("../auth-login.js"),
  },
  {
    name: "auth logout",
    names: INSTANCE,
    namesText: INSTANCE_TEXT,
    summary: "revoke a login and forget it",
    options: [],
    examples: [["artifacts auth logout https://gitlab.example.com", "the tokens end at the instance, too"]],
    load: () => import("../auth-logout.js"),
  },
  {
    name: "auth helper get",
    summary: "answer as a credential helper in Bazel's protocol, on stdin and stdout",
    options: [],
    examples: [
      [`echo '{"uri":"https://gitlab.example.com/"}' | artifacts auth helper get`, "headers for this URL"],
    ],
    load: () => import("../auth-helper-get.js"),
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
    load: () => import("../auth-netrc.js"),
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
    load: () => import("../auth-trust.js"),
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
    load: () => import("../exec.js"),
  },
];
