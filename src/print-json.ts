/**
 * Typed values as JSON, which holds no code: the lock, and what is generated of it for `builtins.fromJSON` to read. A text is printed
 * only if both Nix and a person can read it.
 */

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

/** Throws for a text that no string of Nix can be. */
export function refuseUnreadable(text: string): void {
  if (text.includes("\0")) throw new Error(`Nix strings hold no NUL: ${JSON.stringify(text)}`);
  if (/\p{Surrogate}/u.test(text)) throw new Error(`not well-formed Unicode: ${JSON.stringify(text)}`);
}

/**
 * Characters that an editor does not show: controls (but new line, return and tab), and format characters such as those that reorder
 * text (CVE-2021-42574).
 */
export const INVISIBLE = /(?![\n\r\t])[\p{Cc}\p{Cf}\u2028\u2029]/u;

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

function isList(value: readonly JsonValue[] | JsonObject): value is readonly JsonValue[] {
  return Array.isArray(value);
}
