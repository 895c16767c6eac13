/** Typed values as the JSON that `builtins.fromJSON` reads: what the lock says about each artifact. JSON holds no code. */
import { INVISIBLE, refuseUnreadable, toVisibleJson } from "./nix-value.js";

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;

/** An object. A member whose value is undefined is not printed. */
export interface JsonObject {
  readonly [name: string]: JsonValue | undefined;
}

/** Where prettier breaks a line unless it is told otherwise. */
const WIDTH = 80;

/**
 * The JSON text of `value`, one member a line, as prettier leaves it; what an editor does not show is escaped.
 *
 * @param indent columns that the line is indented by on which the value begins
 * @throws Error for what Nix cannot represent: a NUL or a lone surrogate in a string, a number that is no safe integer
 */
export function printJson(value: JsonValue, indent = 0): string {
  return print(value, indent, 0);
}

/** @param used columns that are taken in the line before the value, and by the comma after it */
function print(value: JsonValue, indent: number, used: number): string {
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "number") return printInteger(value);
  if (typeof value === "string") return printString(value);
  return isList(value) ? printList(value, indent, used) : printObject(value, indent);
}

function printObject(object: JsonObject, indent: number): string {
  const members: string[] = [];
  for (const [name, value] of Object.entries(object)) {
    if (value === undefined) continue;
    const key = `${printString(name)}: `;
    members.push(key + print(value, indent + 2, indent + 2 + key.length + 1));
  }
  return members.length === 0 ? "{}" : printBlock("{", members, "}", indent);
}

function printList(list: readonly JsonValue[], indent: number, used: number): string {
  const items = list.map((item) => print(item, indent + 2, indent + 2));
  const line = `[${items.join(", ")}]`;
  return used + line.length <= WIDTH && !line.includes("\n") ? line : printBlock("[", items, "]", indent);
}

function printBlock(open: string, lines: readonly string[], close: string, indent: number): string {
  const margin = " ".repeat(indent);
  return `${open}\n${margin}  ${lines.join(`,\n${margin}  `)}\n${margin}${close}`;
}

function printInteger(value: number): string {
  if (!Number.isSafeInteger(value)) throw new Error(`not a safe integer: ${value}`);
  return String(value);
}

function printString(text: string): string {
  if (/^[ !#-[\]-~]*$/.test(text)) return `"${text}"`; // nothing in it needs an escape
  refuseUnreadable(text);
  return INVISIBLE.test(text) ? toVisibleJson(text) : JSON.stringify(text);
}

function isList(value: readonly JsonValue[] | JsonObject): value is readonly JsonValue[] {
  return Array.isArray(value);
}
