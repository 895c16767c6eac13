/** From the manifest to the lock and the overlay. */
import { type CommandEntry, SOME_NAMES } from "./entry.js";

export const LOCK_COMMANDS: readonly CommandEntry[] = [
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
    load: () => import("../init.js"),
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
    load: () => import("../lock.js"),
  },
  {
    name: "outdated",
    names: SOME_NAMES,
    summary: "say what `lock` would change; download nothing",
    options: [],
    examples: [["artifacts outdated --json", "for scripts"]],
    load: () => import("../outdated.js"),
  },
  {
    name: "generate",
    summary: "write the Nix overlay from the lock; offline",
    options: [{ flags: "--check", text: "write nothing; fail unless the files are what the lock says" }],
    examples: [["artifacts generate", "after changing artifacts.config.ts or merging a lock"]],
    load: () => import("../generate.js"),
  },
  {
    name: "show",
    names: SOME_NAMES,
    summary: "show where the locked bytes come from; offline",
    options: [],
    examples: [["artifacts show acme-cli", "project, commit, pipeline, job, hash and store path"]],
    load: () => import("../show.js"),
  },
  {
    name: "verify",
    names: SOME_NAMES,
    summary: "download what is locked again and compare; tell what changed, expired or was erased",
    options: [],
    examples: [["artifacts verify --json", "every variant with its verdict; exit code 1 on trouble"]],
    load: () => import("../verify.js"),
  },
];
