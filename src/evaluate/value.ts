/**
 * Values while they are being evaluated. Objects are maps and never JavaScript objects, so that no name in a manifest can reach
 * a prototype; each field and item remembers where it was written.
 */
import type { ts } from "ts-morph";

export type Value = string | number | boolean | null | undefined | List | Fields | Callable;

/** A value and where it was written. */
export interface Slot {
  readonly value: Value;
  /** The expression as it stands in the literal, also when that only names a constant. */
  readonly at: ts.Node;
  /** The name of the field, for fields of an object literal. */
  readonly key?: ts.Node;
}

/** An array. */
export interface List {
  readonly kind: "list";
  readonly items: readonly Slot[];
}

/** An object, or the names of a module. */
export interface Fields {
  readonly kind: "fields";
  readonly entries: ReadonlyMap<string, Slot>;
}

/** An arrow function, a function, or one of the functions that are known here. */
export interface Callable {
  readonly kind: "callable";
  /** Where its result is written. */
  readonly at: ts.Node | undefined;
  call(args: readonly Slot[], at: ts.Node): Value;
}

export function list(items: readonly Slot[]): List {
  return { kind: "list", items };
}

export function fields(entries: ReadonlyMap<string, Slot>): Fields {
  return { kind: "fields", entries };
}

export function isList(value: Value): value is List {
  return typeof value === "object" && value?.kind === "list";
}

export function isFields(value: Value): value is Fields {
  return typeof value === "object" && value?.kind === "fields";
}

export function isCallable(value: Value): value is Callable {
  return typeof value === "object" && value?.kind === "callable";
}

/** What a value is, for messages. */
export function describe(value: Value): string {
  if (isList(value)) return "an array";
  if (isFields(value)) return "an object";
  if (isCallable(value)) return "a function";
  if (typeof value === "string") return "a text";
  if (typeof value === "number") return "a number";
  return String(value);
}
