/** What `--help` says of a command, and where its code is. Nothing here loads that code, so that help is quick. */
import type { Run } from "../command.js";

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

/** Positional part of the commands that take names of artifacts. */
export const SOME_NAMES = "[names...]";

/** Of the commands that write to or read from a binary cache. */
export const NETRC_OPTION: Option = {
  flags: "--netrc-file <file>",
  text: "user and password for http(s), as Nix has them",
};
