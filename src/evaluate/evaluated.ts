/** The result of an evaluation: plain data, and where each part of it was written. */
import type { ts } from "ts-morph";
import type { Location } from "../errors.js";
import type { Budget } from "./budget.js";
import { Collector } from "./collector.js";
import { locationOf } from "./location.js";
import { notStatic } from "./not-static.js";
import { isCallable, isFields, isList, type Slot } from "./value.js";

export type Path = readonly PropertyKey[];

export interface Evaluated {
  /** Texts, numbers, booleans, null, undefined, and arrays and plain objects of these. */
  readonly value: unknown;
  /**
   * Where the value at `path` was written: the expression in the object or array literal that holds it. When that is the name
   * of a constant, this is the use; what is inside the constant is located in its definition. For a path that does not exist,
   * the nearest value around it.
   */
  locate(path: Path): Location;
  /** Where the name of the field at `path` was written. */
  locateKey(path: Path): Location;
}

/** @throws UserError MANIFEST_NOT_STATIC when a function is among the data */
export function toEvaluated(slot: Slot, budget: Budget): Evaluated {
  return {
    value: toData(slot, budget),
    locate: (path) => locationOf(slotAt(slot, path).at),
    locateKey(path) {
      const { key, at } = slotAt(slot, path);
      return locationOf(key ?? at);
    },
  };
}

/** Shared parts are copied at each use, so a small file can stand for a vast value: the budget bounds it. */
function toData(slot: Slot, budget: Budget): unknown {
  const { value, at } = slot;
  if (isCallable(value)) throw functionIsNoData(at);
  if (isList(value)) {
    return budget.nested(at, () => collected(value.items.map((item) => () => toData(item, budget))));
  }
  if (!isFields(value)) return value;
  return budget.nested(at, () =>
    Object.fromEntries(
      collected(
        [...value.entries].map(
          ([name, field]) =>
            () =>
              [name, toData(field, budget)] as const,
        ),
      ),
    ),
  );
}

/** All results, or all errors. */
function collected<T>(works: readonly (() => T)[]): readonly T[] {
  const errors = new Collector();
  const results: T[] = [];
  for (const work of works) {
    errors.attempt(() => results.push(work()));
    if (errors.exhausted) break;
  }
  errors.throwIfAny();
  return results;
}

function functionIsNoData(at: ts.Node): Error {
  return notStatic(at, "a function is no data", "call it, or write the value out");
}

function slotAt(slot: Slot, path: Path): Slot {
  const [first, ...rest] = path;
  if (first === undefined) return slot;
  const inner = isList(slot.value)
    ? slot.value.items[Number(first)]
    : isFields(slot.value)
      ? slot.value.entries.get(String(first))
      : undefined;
  return inner === undefined ? slot : slotAt(inner, rest);
}
