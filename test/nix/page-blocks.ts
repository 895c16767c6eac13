/** The fenced blocks of a page in `docs/`, to be run as they stand. */
import { readFile } from "node:fs/promises";
import { projectPath } from "./evaluate.js";

/** Those of a language below a heading. */
export async function blocks(page: string, heading: string, language: string): Promise<string[]> {
  const text = await readFile(projectPath(`docs/${page}`), "utf8");
  const section = text.split(/^## /m).find((one) => one.startsWith(`${heading}\n`)) ?? "";
  return [...section.matchAll(/^```(\w+)\n([^]*?)^```/gm)]
    .filter(([, found]) => found === language)
    .map(([, , block = ""]) => block);
}

export async function only(page: string, heading: string, language: string): Promise<string> {
  const [block, ...others] = await blocks(page, heading, language);
  if (block === undefined || others.length > 0) throw new Error(`${heading}: one ${language} block, please`);
  return block;
}
