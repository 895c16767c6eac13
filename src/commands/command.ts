/**
 * BESIDE the pipeline: one file a verb. A command takes its options and a context, does its work and returns data; it prints
 * nothing and decides nothing about the process. This file is the contract between them and `execute.ts`.
 */
import type { UserError } from "../errors.js";
import type { Patience } from "../gitlab/client.js";
import type { Terminal } from "../terminal/terminal.js";
import type { Clock } from "./clock.js";

/** What every command is given. */
export interface CommandContext {
  /** Directory in which the command runs (`-C`). */
  readonly cwd: string;
  readonly env: Readonly<NodeJS.ProcessEnv>;
  readonly terminal: Terminal;
  /** Aborted on Ctrl-C and SIGTERM. */
  readonly signal: AbortSignal;
  /** How long GitLab is waited for; as the client has it by default. */
  readonly patience?: Patience | undefined;
  /** The machine's by default. */
  readonly clock?: Clock | undefined;
  /** `--token-file`, made absolute. */
  readonly tokenFile: string | undefined;
  /** Writes to stdout while the command runs; only for those that run until they are stopped. Nothing with --json. */
  readonly print: (text: string) => void;
  /** Where a program writes that runs in the command's place: stdout (default), or stderr with --json. */
  readonly programOutput?: "stdout" | "stderr";
  /** Asks a yes-or-no question; undefined when there is no terminal to ask on. */
  readonly confirm?: ((question: string) => Promise<boolean>) | undefined;
  /** All of stdin. */
  readonly readInput: () => Promise<string>;
}

export interface CommandResult {
  /** The JSON document of `--json`, without errors. */
  readonly data: object;
  /** The same for people; empty means that there is nothing to say. */
  readonly text: string;
  /** Problems that did not stop the rest. Any makes the exit code 1. */
  readonly errors?: readonly UserError[];
  /** Exit code of a program that ran in the command's place. */
  readonly exitCode?: number;
}

/** A command's implementation: positional names and parsed options in, data out. */
export type Run<Options> = (
  names: readonly string[],
  options: Options,
  context: CommandContext,
) => Promise<CommandResult>;
