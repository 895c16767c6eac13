/** The dashboard as people see and use it. */
import { expect } from "vitest";
import type { Company } from "./company.js";

/** The configuration that asks for it. */
export const CONFIG = "dashboard: true";

/** Its whole description. */
export function textOf({ forge }: Company): string {
  return forge.issues[0]?.description ?? "";
}

/** Lines of a section, without their hidden comments. */
export function section(company: Company, title: string): string[] {
  const [, text = ""] = new RegExp(`## ${title}\n([^]*?)(?=\n## |$)`).exec(textOf(company)) ?? [];
  return text.split("\n").flatMap((line) => /^- (.*)/.exec(line)?.[1]?.replace(/<!--.*?--> /, "") ?? []);
}

/** Ticks the box of a wish, which is there. */
export function tick({ forge }: Company, wish: string): void {
  const [issue] = forge.issues;
  const before = `[ ] <!-- artifacts-bump ${wish} -->`;
  expect(issue?.description).toContain(before);
  if (issue !== undefined)
    issue.description = issue.description.replace(before, before.replace("[ ]", "[x]"));
}
