/** What the documents say of the commands, from the same words as `--help`. */
import { COMMANDS, GLOBAL_OPTIONS } from "./table.js";
import type { CommandEntry, Option } from "./words/entry.js";

/** README's table: a line a command. */
export function printCommandTable(): string {
  const rows = COMMANDS.map((entry) => `| \`${usage(entry)}\` | ${entry.summary} |`);
  return ["| command | what it does |", "| --- | --- |", ...rows].join("\n");
}

/** `docs/commands.md`: every command with its options and examples. */
export function printCommandPage(): string {
  return [PAGE_HEAD, ...COMMANDS.map(printSection)].join("\n\n");
}

const PAGE_HEAD = `# Commands

Generated from the same words as \`artifacts <command> --help\`. Every command also knows these:

${printOptions(GLOBAL_OPTIONS)}

Exit codes: 0 done, 1 failed or a check found something, 2 wrong usage. Progress is shown on a terminal only, on stderr only;
\`NO_COLOR\` is honoured.`;

function printSection(entry: CommandEntry): string {
  const { summary, options, examples } = entry;
  const lines = examples.map(([line, purpose]) => `# ${purpose}\n${line}`);
  return [
    `## \`${usage(entry)}\``,
    `${summary[0]?.toUpperCase() ?? ""}${summary.slice(1)}.`,
    ...(options.length === 0 ? [] : [printOptions(options)]),
    ...(lines.length === 0 ? [] : [`\`\`\`sh\n${lines.join("\n\n")}\n\`\`\``]),
  ].join("\n\n");
}

function printOptions(options: readonly Option[]): string {
  const rows = options.map(({ flags, text, repeatable }) => {
    const again = repeatable === true ? "; may be repeated" : "";
    return `| \`${flags}\` | ${text}${again} |`;
  });
  return ["| option | what it does |", "| --- | --- |", ...rows].join("\n");
}

/** `artifacts lock [NAME…]`. */
function usage({ name, names }: CommandEntry): string {
  return `artifacts ${name}${names === undefined ? "" : ` ${argument(names)}`}`;
}

/** `[names...]` as it reads in a text: `[NAME…]`. */
function argument(names: string): string {
  return names.toUpperCase().replace("NAMES", "NAME").replace("...", "…");
}
