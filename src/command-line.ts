/**
 * argv → command. Loads only what `--help` needs; `execute.ts` is loaded when a command runs.
 * Exit codes: 0 done, 1 failed or a check found something, 2 wrong usage.
 */
import * as nodeModule from "node:module";
import { Command, CommanderError } from "commander";
import { COMMANDS, GLOBAL_OPTIONS, GROUPS } from "./commands/table.js";
import type { CommandEntry } from "./commands/words/entry.js";
import { compiledCodeFolder } from "./credentials/user-files.js";
import type { GlobalOptions } from "./execute.js";
import { packageVersion } from "./version.js";

await main();

async function main(): Promise<void> {
  process.stdout.on("error", outputFailed);
  process.stderr.on("error", () => {}); // nobody is left to be told
  try {
    await createProgram().parseAsync();
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    process.exitCode = error.exitCode === 0 ? 0 : 2;
  }
}

/** Whoever reads may have seen enough (`… | head`), and then the rest is for nobody. Anything else is lost, as on a full disk. */
function outputFailed({ code, message }: NodeJS.ErrnoException): void {
  if (code === "EPIPE") return;
  process.exitCode = 1;
  const fix = "send the output where there is room for it, and run the command again";
  process.stderr.write(`error OUTPUT_FAILED  cannot write the output: ${message}\n  fix: ${fix}\n`);
}

function createProgram(): Command {
  const program = new Command("artifacts")
    .description("Private GitLab CI artifacts as Nix derivations.")
    .version(packageVersion(), "--version", "print the version")
    .helpOption("--help", "show help")
    .helpCommand(false)
    .exitOverride()
    .addHelpText("after", "\nartifacts <command> --help shows the options of a command, with examples.");
  for (const { flags, text } of GLOBAL_OPTIONS) program.option(flags, text);
  for (const entry of COMMANDS) groupOf(entry.name, program).addCommand(createCommand(entry, program));
  return program;
}

/** The command below which `name` stands: for `auth login` that is `auth`, which is made with its first command. */
function groupOf(name: string, program: Command): Command {
  let parent = program;
  for (const word of name.split(" ").slice(0, -1)) {
    const known = parent.commands.find((command) => command.name() === word);
    parent = known ?? addGroup(word, parent);
  }
  return parent;
}

function addGroup(word: string, parent: Command): Command {
  const group = new Command(word)
    .summary(GROUPS[word] ?? "")
    .helpOption("--help", "show help")
    .helpCommand(false)
    .exitOverride();
  parent.addCommand(group);
  return group;
}

function createCommand(entry: CommandEntry, program: Command): Command {
  const command = new Command(entry.name.split(" ").at(-1))
    .summary(entry.summary)
    .description(`${entry.summary[0]?.toUpperCase() ?? ""}${entry.summary.slice(1)}.`)
    .helpOption("--help", "show help")
    .configureHelp({ showGlobalOptions: true })
    .exitOverride()
    .addHelpText("after", examplesText(entry));
  if (entry.names !== undefined)
    command.argument(entry.names, entry.namesText ?? "artifacts to work on (default: all)");
  for (const { flags, text, repeatable } of entry.options) {
    if (repeatable === true) command.option(flags, text, collect);
    else command.option(flags, text);
  }
  return command.action(async () => {
    cacheCompiledCode();
    const { execute } = await import("./execute.js");
    await execute(entry, { names: command.args, own: command.opts(), global: program.opts<GlobalOptions>() });
  });
}

function collect(value: string, previous: readonly string[] = []): readonly string[] {
  return [...previous, value];
}

function examplesText({ examples }: CommandEntry): string {
  const width = Math.max(...examples.map(([line]) => line.length));
  return `\nExamples:\n${examples.map(([line, purpose]) => `  ${line.padEnd(width)}  # ${purpose}`).join("\n")}`;
}

/**
 * Node 22.8 and newer can keep compiled code between runs, which halves the start of the TypeScript parser. By itself it would keep
 * it below /tmp, in a folder that another user can make first.
 */
function cacheCompiledCode(): void {
  const folder = compiledCodeFolder(process.env);
  const node: object = nodeModule;
  if (folder !== undefined && "enableCompileCache" in node && typeof node.enableCompileCache === "function")
    node.enableCompileCache(folder);
}
