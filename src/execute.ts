/**
 * Runs one command: gives it what it needs of the process, prints what it returns, sets the exit code. With `cli.ts` and
 * `command-line.ts` the only place that knows the process.
 */
import { once, setMaxListeners } from "node:events";
import { resolve } from "node:path";
import { text } from "node:stream/consumers";
import type { CommandContext, CommandResult } from "./commands/command.js";
import type { CommandEntry } from "./commands/words/entry.js";
import { userErrorsOf, withoutRepeats, type UserError } from "./errors.js";
import { printableLines } from "./terminal/printable.js";
import { errorToJson, reportBug, reportErrors } from "./terminal/report-error.js";
import { canRedraw, createStyle } from "./terminal/style.js";
import { createTerminal } from "./terminal/terminal.js";

export interface GlobalOptions {
  readonly directory?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
  readonly tokenFile?: string;
}

export interface Invocation {
  readonly names: readonly string[];
  /** Options of the command itself. */
  readonly own: object;
  readonly global: GlobalOptions;
}

export async function execute(entry: CommandEntry, { names, own, global }: Invocation): Promise<void> {
  const context = createContext(global);
  try {
    const { run } = await entry.load();
    const result = await run(names, own, context);
    await warnOfTokenEnds(context);
    finish(result, context, global);
  } catch (error) {
    const errors = userErrorsOf(error);
    if (errors !== undefined) finish({ data: {}, text: "", errors }, context, global);
    else if (context.signal.aborted) dieBySignal(context);
    else {
      context.terminal.clear();
      process.stderr.write(reportBug(error));
      process.exitCode = 1;
    }
  }
}

/** In every command, also those that use no token: a token that ends breaks them all at once. */
async function warnOfTokenEnds({ env, terminal }: CommandContext): Promise<void> {
  const { readTokenEnds, warningsOf } = await import("./credentials/token-ends.js");
  for (const warning of warningsOf(await readTokenEnds(env), Date.now())) terminal.warn(warning);
}

function createContext(options: GlobalOptions): CommandContext {
  const signal = interruption();
  // Which Node the AWS SDK will want one day is our affair: whoever runs a command can do nothing about it.
  process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] ??= "true";
  return {
    cwd: resolve(options.directory ?? "."),
    env: process.env,
    terminal: createTerminal({
      stream: process.stderr,
      style: createStyle(process.stderr, process.env),
      quiet: options.quiet === true,
      verbose: options.verbose === true,
      redraws: canRedraw(process.stderr, process.env),
    }),
    signal,
    tokenFile: options.tokenFile === undefined ? undefined : resolve(options.tokenFile),
    print: (text) => (options.json === true ? undefined : process.stdout.write(text)),
    programOutput: options.json === true ? "stderr" : "stdout",
    confirm:
      process.stdin.isTTY && process.stderr.isTTY ? (question) => confirm(question, signal) : undefined,
    readInput: () => text(process.stdin),
  };
}

function finish(result: CommandResult, context: CommandContext, { json = false }: GlobalOptions): void {
  const errors = withoutRepeats(result.errors ?? []);
  context.terminal.clear();
  if (context.signal.aborted && errors.length > 0) return dieBySignal(context);
  if (json) process.stdout.write(`${JSON.stringify(withErrors(result.data, errors), undefined, 2)}\n`);
  else writeText(result.text, errors, context);
  process.exitCode = Math.max(result.exitCode ?? 0, ...errors.map(({ exitCode }) => exitCode));
}

function writeText(text: string, errors: readonly UserError[], { cwd }: CommandContext): void {
  const style = createStyle(process.stderr, process.env);
  if (text !== "") process.stdout.write(`${printableLines(text)}\n`);
  process.stderr.write(reportErrors(errors, { cwd, style }));
}

function withErrors(data: object, errors: readonly UserError[]): object {
  return errors.length === 0 ? data : { ...data, errors: errors.map(errorToJson) };
}

/** Asks on the terminal. Anything but a yes is a no. */
async function confirm(question: string, signal: AbortSignal): Promise<boolean> {
  const { createInterface } = await import("node:readline/promises");
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  // While it is read key by key, the terminal makes no signal of Ctrl-C.
  terminal.on("SIGINT", () => process.kill(process.pid, "SIGINT"));
  const closed = once(terminal, "close").then(() => "");
  const answer = terminal.question(`${question} [y/N] `, { signal }).catch(() => {
    signal.throwIfAborted();
    return ""; // Ctrl-D
  });
  try {
    return /^y(es)?$/i.test((await Promise.race([answer, closed])).trim());
  } finally {
    terminal.close();
  }
}

/**
 * The first Ctrl-C asks the command to tidy up and stop; the second one ends the process as usual. The listener stays: libraries that
 * listen, too, end the process when they find themselves alone.
 */
function interruption(): AbortSignal {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal); // each request listens; beyond ten, Node would warn of a leak
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      if (controller.signal.aborted) endBy(signal);
      else controller.abort(signal);
    });
  }
  return controller.signal;
}

function endBy(signal: NodeJS.Signals): void {
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
}

/** Ends as the signal would have ended us, so that shells and CI see the truth. */
function dieBySignal({ terminal, signal }: CommandContext): void {
  terminal.clear();
  endBy(signal.reason === "SIGTERM" ? "SIGTERM" : "SIGINT");
}
