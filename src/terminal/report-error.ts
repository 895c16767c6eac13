/** Errors → text and JSON for people and scripts. The only author of both. */
import { readFileSync } from "node:fs";
import { isAbsolute, relative } from "node:path";
import type { Location, UserError } from "../errors.js";
import { printable } from "./printable.js";
import type { Style } from "./style.js";

interface ReportOptions {
  /** Paths are shown relative to this directory. */
  readonly cwd: string;
  readonly style: Style;
  readonly read?: (file: string) => string | undefined;
}

/** An error as one JSON object; keys without a value are absent. */
export interface ErrorJson {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
}

export function errorToJson(error: UserError): ErrorJson {
  return {
    code: error.code,
    message: error.message,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    ...error.at,
  };
}

/**
 * For each error several lines: what happened, where, the source around it, and the way out. Where many come from one declaration,
 * as of a project each for a hundred artifacts, place and way out stand there once.
 */
export function reportErrors(errors: readonly UserError[], options: ReportOptions): string {
  const groups = new Map<string, UserError[]>();
  for (const error of errors) {
    const key = JSON.stringify([error.code, error.at, error.hint]);
    const alike = groups.get(key);
    if (alike === undefined) groups.set(key, [error]);
    else alike.push(error);
  }
  return [...groups.values()].map((alike) => reportAlike(alike, options)).join("");
}

/** Errors that differ in their messages alone. */
function reportAlike(errors: readonly UserError[], options: ReportOptions): string {
  const [first] = errors;
  if (first === undefined) return "";
  const { style } = options;
  const lines = [
    `${style("red", "error")} ${style("bold", first.code)}${place(first.at, options)}`,
    ...errors.flatMap(({ message }) => indent(message)),
    ...(first.at === undefined ? [] : codeFrame(first.at, options)),
    ...(first.hint === undefined ? [] : indent(`${style("cyan", "fix:")} ${first.hint}`)),
  ];
  return `${lines.join("\n")}\n`;
}

/** For what is not the user's fault: the one case in which a stack is shown. */
export function reportBug(error: unknown): string {
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `internal error, please report it with these lines:\n${stack}\n`;
}

function place(at: Location | undefined, { cwd }: ReportOptions): string {
  if (at === undefined) return "";
  const path = isAbsolute(at.file) ? relative(cwd, at.file) : at.file;
  return `  ${printable(path || at.file)}:${at.line}:${at.column}`;
}

function indent(text: string): string[] {
  return text.split("\n").map((line) => `  ${printable(line)}`);
}

/** One line before, the line itself, and a caret; nothing of a file that is elsewhere or cannot be read any more. */
function codeFrame(at: Location, { style, read = readSource }: ReportOptions): string[] {
  const source = isAbsolute(at.file) ? read(at.file)?.split(/\r?\n/) : undefined;
  const line = source?.[at.line - 1];
  if (source === undefined || line === undefined) return [];
  const width = String(at.line).length;
  const before = source[at.line - 2];
  const numbered = (number: number, text: string) => `${String(number).padStart(width)} | ${clip(text)}`;
  const caret = `${" ".repeat(width)} | ${clip(line.slice(0, at.column - 1)).replace(/[^\t]/g, " ")}^`;
  return [
    ...(before === undefined ? [] : [`    ${style("dim", numbered(at.line - 1, before))}`]),
    `  ${style("red", ">")} ${numbered(at.line, line)}`,
    `    ${style("red", caret)}`,
  ];
}

/** A line of a minified or hostile file must not fill the screen. */
function clip(line: string): string {
  return printable(line.length > 200 ? `${line.slice(0, 200)}…` : line);
}

function readSource(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}
