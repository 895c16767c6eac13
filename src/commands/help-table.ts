/** README's table of commands, from the same words as `--help`. */
import { COMMANDS } from "./table.js";

export function printCommandTable(): string {
  const rows = COMMANDS.flatMap(({ name, names, summary, options }) => {
    const usage = `artifacts ${name}${names === undefined ? "" : ` ${argument(names)}`}`;
    const own = options.map(({ flags, text }) => `| \`  ${flags}\` | ${text} |`);
    return [`| \`${usage}\` | ${summary} |`, ...own];
  });
  return ["| command | what it does |", "| --- | --- |", ...rows].join("\n");
}

/** `[names...]` as it reads in a text: `[NAME…]`. */
function argument(names: string): string {
  return names.toUpperCase().replace("NAMES", "NAME").replace("...", "…");
}
