/** The arguments of a call to a built-in method, with the checks that TypeScript's types would make. */
import type { ts } from "ts-morph";
import type { Budget } from "./budget.js";
import { notStatic } from "./not-static.js";
import {
  type Callable,
  describe,
  isCallable,
  isFields,
  isList,
  type Fields,
  type List,
  type Slot,
} from "./value.js";

export class CallArguments {
  readonly node: ts.CallExpression;
  readonly slots: readonly Slot[];
  readonly budget: Budget;

  constructor(node: ts.CallExpression, slots: readonly Slot[], budget: Budget) {
    this.node = node;
    this.slots = slots;
    this.budget = budget;
  }

  text(index: number): string {
    const value = this.slots[index]?.value;
    return typeof value === "string" ? value : this.#refuse(index, "a text");
  }

  optionalText(index: number): string | undefined {
    return this.slots[index]?.value === undefined ? undefined : this.text(index);
  }

  optionalInteger(index: number): number | undefined {
    const value = this.slots[index]?.value;
    if (value === undefined) return undefined;
    return Number.isSafeInteger(value) ? Number(value) : this.#refuse(index, "a whole number");
  }

  callable(index: number): Callable {
    const value = this.slots[index]?.value;
    return isCallable(value) ? value : this.#refuse(index, "a function");
  }

  list(index: number): List {
    const value = this.slots[index]?.value;
    return isList(value) ? value : this.#refuse(index, "an array");
  }

  fields(index: number): Fields {
    const value = this.slots[index]?.value;
    return isFields(value) ? value : this.#refuse(index, "an object");
  }

  #refuse(index: number, expected: string): never {
    const slot = this.slots[index];
    const at = slot?.at ?? this.node;
    throw notStatic(
      at,
      `argument ${index + 1} is ${describe(slot?.value)}, expected ${expected}`,
      `pass ${expected}`,
    );
  }
}
