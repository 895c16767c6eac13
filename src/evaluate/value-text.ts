/** Values and paths as they stand in messages. */
import type { Path } from "./evaluated.js";

const LONGEST = 60;

/** A value in one short line. */
export function valueText(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? "an empty array" : "an array";
  if (typeof value === "object" && value !== null) return objectText(value);
  if (typeof value !== "string") return String(value);
  const text = JSON.stringify(value);
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST)}…"`;
}

/** True when there is a user name or password in a URL of `text`. */
export function hasUserInfo(text: string): boolean {
  return /\/\/[^/\s]*@/.test(text);
}

function objectText(value: object): string {
  const names = Object.keys(value);
  if (names.length === 0) return "an empty object";
  return `an object with ${names.slice(0, 6).join(", ")}${names.length > 6 ? ", …" : ""}`;
}

/** `systems["x86_64-linux"].arch`, `bin[0]` */
export function pathText(path: Path): string {
  return path
    .map((key, index) => {
      if (typeof key === "number") return `[${key}]`;
      const name = String(key);
      if (!/^[A-Za-z_$][\w$]*$/.test(name)) return `[${JSON.stringify(name)}]`;
      return index === 0 ? name : `.${name}`;
    })
    .join("");
}
