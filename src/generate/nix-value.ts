/**
 * Stage 5, generate: the lock printed as Nix and JSON. Pure; sees nothing but the lock.
 *
 * This file turns typed values into Nix expressions, `json-value.ts` into the JSON that these read. What the lock says of an
 * artifact is JSON; what else reaches generated Nix, names of artifacts and settings, comes through `printNix`, the only place that
 * escapes anything for Nix. Layout is that of nixfmt (RFC 166).
 */
import { NIX_KEYWORDS } from "../artifact.js";

/** A path relative to the file it is printed in, such as `./artifacts`. */
export class NixPath {
  readonly path: string;

  constructor(path: string) {
    if (!/^\.\/[\w+-][\w.+-]*(\/[\w+-][\w.+-]*)*$/.test(path)) {
      throw new Error(`not a plain relative path: ${JSON.stringify(path)}`);
    }
    this.path = path;
  }
}

export type NixValue = null | string | NixPath | readonly NixValue[] | NixAttrs;

/** An attribute set. An attribute whose value is undefined is not printed. */
export interface NixAttrs {
  readonly [name: string]: NixValue | undefined;
}

/**
 * The Nix expression that evaluates to exactly `value`, laid out as nixfmt prints it.
 *
 * @param indent columns that the line is indented by on which the expression begins
 * @throws Error for what Nix cannot represent: a NUL or a lone surrogate in a string
 */
export function printNix(value: NixValue, indent = 0): string {
  if (value === null) return "null";
  if (typeof value === "string") return printString(value);
  if (value instanceof NixPath) return value.path;
  return isList(value) ? printList(value, indent) : printAttrs(value, indent);
}

function printAttrs(attrs: NixAttrs, indent: number): string {
  const lines = Object.entries(attrs)
    .filter((entry): entry is [string, NixValue] => entry[1] !== undefined)
    .map(([name, value]) => `${printAttrName(name)} = ${printNix(value, indent + 2)};`);
  return printBlock("{", lines, "}", indent);
}

function printList(list: readonly NixValue[], indent: number): string {
  const lines = list.map((item) => inList(printNix(item, indent + 2)));
  return printBlock("[", lines, "]", indent);
}

/** Elements stand side by side, so that an application needs parentheses. */
function inList(printed: string): string {
  return printed.startsWith(FROM_JSON) ? `(${printed})` : printed;
}

function printBlock(open: string, lines: readonly string[], close: string, indent: number): string {
  if (lines.length === 0) return `${open} ${close}`;
  const margin = " ".repeat(indent);
  return [open, ...lines.map((line) => `${margin}  ${line}`), margin + close].join("\n");
}

function printAttrName(name: string): string {
  if (/^[a-zA-Z_][a-zA-Z0-9_'-]*$/.test(name) && !NIX_KEYWORDS.has(name)) return name;
  if (INVISIBLE.test(name)) {
    throw new Error(`not printable as an attribute name: ${JSON.stringify(name)}`);
  }
  return printString(name);
}

const FROM_JSON = "builtins.fromJSON ";

/**
 * Characters that Nix has no escape for and an editor does not show: controls (but new line, return and tab), and format
 * characters such as those that reorder text (CVE-2021-42574). A string with one of them is printed as JSON, which has escapes for
 * all.
 */
export const INVISIBLE = /(?![\n\r\t])[\p{Cc}\p{Cf}\u2028\u2029]/u;

function printString(text: string): string {
  refuseUnreadable(text);
  return INVISIBLE.test(text) ? FROM_JSON + quote(toVisibleJson(text)) : quote(text);
}

/** Throws for a text that no string of Nix can be. */
export function refuseUnreadable(text: string): void {
  if (text.includes("\0")) throw new Error(`Nix strings hold no NUL: ${JSON.stringify(text)}`);
  if (/\p{Surrogate}/u.test(text)) throw new Error(`not well-formed Unicode: ${JSON.stringify(text)}`);
}

/** As JSON, with an escape for each character that is `INVISIBLE`. */
export function toVisibleJson(text: string): string {
  return JSON.stringify(text).replaceAll(new RegExp(INVISIBLE, "gu"), (character) =>
    // A character beyond the first plane is two escapes, one for each UTF-16 unit.
    character
      .split("")
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
      .join(""),
  );
}

/** https://nix.dev/manual/nix/stable/language/string-literals; a raw return would be read as a new line. */
const ESCAPES: Readonly<Record<string, string>> = {
  '"': '\\"',
  "\\": "\\\\",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "${": "\\${",
};

function quote(text: string): string {
  return `"${text.replaceAll(/["\\\n\r\t]|\$\{/g, (match) => ESCAPES[match] ?? match)}"`;
}

function isList(value: readonly NixValue[] | NixAttrs): value is readonly NixValue[] {
  return Array.isArray(value);
}
