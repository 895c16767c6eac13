#!/usr/bin/env node
/**
 * argv → command → stdout, stderr and exit code. The only file that knows the process: commands are handed what they need.
 * Exit codes: 0 done, 1 failed or a check found something, 2 wrong usage.
 */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { Command, CommanderError } from "commander";
import type { CommandContext, CommandResult } from "./commands/command.js";
import { COMMANDS, type CommandEntry } from "./commands/table.js";
import { userErrorsOf, withoutRepeats, type UserError } from "./errors.js";
import { errorToJson, reportBug, reportError } from "./terminal/report-error.js";
import { createStyle } from "./terminal/style.js";
import { createTerminal } from "./terminal/terminal.js";

interface GlobalOptions {
  readonly directory: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
  readonly tokenFile?: string;
}

await main();

async function main(): Promise<void> {
  const program = createProgram();
  try {
    await program.parseAsync();
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    process.exitCode = error.exitCode === 0 ? 0 : 2;
  }
}

function createProgram(): Command {
  const program = new Command("artifacts")
    .description("Private GitLab CI artifacts as Nix derivations.")
    .version(packageVersion(), "--version", "print the version")
    .helpOption("--help", "show help")
    .helpCommand(false)
    .option("-C, --directory <dir>", "run in this directory", ".")
    .option("--json", "print one JSON document on stdout and nothing else there")
    .option("--quiet", "no warnings, no progress")
    .option("--verbose", "more about what happens, on stderr")
    .option("--token-file <file>", "read the GitLab token from this file")
    .exitOverride()
    .configureHelp({ showGlobalOptions: true })
    .addHelpText("after", "\nartifacts <command> --help shows the options of a command, with examples.");
  for (const entry of COMMANDS) program.addCommand(createCommand(entry, program));
  return program;
}

function createCommand(entry: CommandEntry, program: Command): Command {
  const command = new Command(entry.name)
    .summary(entry.summary)
    .description(`${entry.summary[0]?.toUpperCase() ?? ""}${entry.summary.slice(1)}.`)
    .helpOption("--help", "show help")
    .configureHelp({ showGlobalOptions: true })
    .exitOverride()
    .addHelpText("after", examplesText(entry));
  if (entry.names !== undefined) command.argument(entry.names, "artifacts to work on (default: all)");
  for (const { flags, text, repeatable } of entry.options) {
    if (repeatable === true) command.option(flags, text, collect);
    else command.option(flags, text);
  }
  return command.action(() => execute(entry, command, program.opts<GlobalOptions>()));
}

function collect(value: string, previous: readonly string[] = []): readonly string[] {
  return [...previous, value];
}

function examplesText({ examples }: CommandEntry): string {
  const width = Math.max(...examples.map(([line]) => line.length));
  return `\nExamples:\n${examples.map(([line, purpose]) => `  ${line.padEnd(width)}  # ${purpose}`).join("\n")}`;
}

async function execute(entry: CommandEntry, command: Command, options: GlobalOptions): Promise<void> {
  const { context, finish } = createContext(options);
  try {
    const { run } = await entry.load();
    finish(await run(command.args, command.opts(), context));
  } catch (error) {
    const errors = userErrorsOf(error);
    context.terminal.clear();
    if (errors !== undefined) finish({ data: {}, text: "", errors });
    else if (context.signal.aborted) dieBySignal(context.signal.reason);
    else {
      process.stderr.write(reportBug(error));
      process.exitCode = 1;
    }
  }
}

function createContext(options: GlobalOptions): {
  context: CommandContext;
  finish: (result: CommandResult) => void;
} {
  const json = options.json === true;
  const style = createStyle(process.stderr, process.env);
  const terminal = createTerminal({
    stream: process.stderr,
    style,
    quiet: options.quiet === true,
    verbose: options.verbose === true,
  });
  const context: CommandContext = {
    cwd: resolve(options.directory),
    env: process.env,
    terminal,
    signal: interruption(),
    tokenFile: options.tokenFile === undefined ? undefined : resolve(options.tokenFile),
    print: (text) => (json ? undefined : process.stdout.write(text)),
  };
  const finish = ({ data, text, errors: all = [] }: CommandResult) => {
    const errors = withoutRepeats(all);
    terminal.clear();
    if (context.signal.aborted && errors.length > 0) return dieBySignal(context.signal.reason);
    if (json) process.stdout.write(`${JSON.stringify(withErrors(data, errors), undefined, 2)}\n`);
    else if (text !== "") process.stdout.write(`${text}\n`);
    if (!json)
      for (const error of errors) process.stderr.write(reportError(error, { cwd: context.cwd, style }));
    process.exitCode = Math.max(0, ...errors.map(({ exitCode }) => exitCode));
  };
  return { context, finish };
}

function withErrors(data: object, errors: readonly UserError[]): object {
  return errors.length === 0 ? data : { ...data, errors: errors.map(errorToJson) };
}

/** The first Ctrl-C asks the command to tidy up and stop; the second one ends the process as usual. */
function interruption(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => controller.abort(signal));
  }
  return controller.signal;
}

/** Ends as the signal would have ended us, so that shells and CI see the truth. */
function dieBySignal(signal: unknown): void {
  process.kill(process.pid, signal === "SIGTERM" ? "SIGTERM" : "SIGINT");
}

function packageVersion(): string {
  const text = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version; // our own package.json
}
