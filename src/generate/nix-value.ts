/**
 * Stage 5, generate: the lock printed as Nix and JSON. Pure; sees nothing but the lock.
 *
 * This file turns typed values into Nix expressions, `print-json.ts` into the JSON that these read. What the lock says of an
 * artifact is JSON; what else reaches generated Nix, names of artifacts and settings, comes through `printNix`, the only place that
 * escapes anything for Nix. Layout is that of nixfmt (RFC 166).
 */
import { NIX_KEYWORDS } from "../artifact.js";
import { INVISIBLE, refuseUnreadable, toVisibleJson } from "../print-json.js";

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

/** A character that Nix has no escape for is printed in a string of JSON, which has escapes for all. */
function printString(text: string): string {
  refuseUnreadable(text);
  return INVISIBLE.test(text) ? FROM_JSON + quote(toVisibleJson(text)) : quote(text);
}

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
