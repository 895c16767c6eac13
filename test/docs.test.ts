/** What the project says in two places is compared here; `npm run docs:update` writes the second place anew. */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { format } from "prettier";
import { expect, test } from "vitest";
import { printCommandPage, printCommandTable } from "../src/commands/help-table.js";
import { printLockSchema } from "../src/lock/json-schema.js";

const UPDATE = process.env["UPDATE_DOCS"] === "1";

function fileOf(path: string): string {
  return fileURLToPath(new URL(`../${path}`, import.meta.url));
}

function expectFile(path: string, text: string): void {
  if (UPDATE) writeFileSync(fileOf(path), text);
  expect(readFileSync(fileOf(path), "utf8")).toBe(text);
}

test("README's command table is the help of the commands", async () => {
  const readme = readFileSync(fileOf("README.md"), "utf8");
  const marked = /(<!-- commands -->\n)[^]*(<!-- \/commands -->)/;
  const text = readme.replace(
    marked,
    (_, start: string, end: string) => `${start}\n${printCommandTable()}\n\n${end}`,
  );

  expect(readme).toMatch(marked);
  expectFile("README.md", await format(text, { parser: "markdown", printWidth: 110 }));
});

test("the page of commands is the help of the commands", async () => {
  const page = await format(printCommandPage(), { parser: "markdown", printWidth: 110 });
  expectFile("docs/commands.md", page);
});

test("the published JSON Schema is the lock format", async () => {
  expectFile("artifacts.lock.schema.json", await printLockSchema());
});
