/** Every command, in the order of `--help`. A new one is an entry in `words/` and a file here. */
import { CREDENTIALS_COMMANDS } from "./words/credentials.js";
import type { CommandEntry, Option } from "./words/entry.js";
import { LOCK_COMMANDS } from "./words/lock.js";
import { MACHINE_COMMANDS } from "./words/machine.js";
import { SERVICES_COMMANDS } from "./words/services.js";
import { STORES_COMMANDS } from "./words/stores.js";
import { UPLOADS_COMMANDS } from "./words/uploads.js";

/** What every command understands. */
export const GLOBAL_OPTIONS: readonly Option[] = [
  { flags: "-C, --directory <dir>", text: "run in this directory" },
  { flags: "--json", text: "print one JSON document on stdout and nothing else there" },
  { flags: "--quiet", text: "no warnings, no progress" },
  { flags: "--verbose", text: "more about what happens, on stderr" },
  { flags: "--token-file <file>", text: "read the GitLab token from this file" },
];

/** What the first words of commands of several words stand for. */
export const GROUPS: Readonly<Record<string, string>> = {
  auth: "who asks GitLab: logins, tokens, and where they may be sent",
  helper: "be asked for credentials by other programs",
  cache: "check and tidy binary caches",
  queue: "what this machine built and has not uploaded yet",
};

export const COMMANDS: readonly CommandEntry[] = [
  ...LOCK_COMMANDS,
  ...STORES_COMMANDS,
  ...UPLOADS_COMMANDS,
  ...SERVICES_COMMANDS,
  ...CREDENTIALS_COMMANDS,
  ...MACHINE_COMMANDS,
];
