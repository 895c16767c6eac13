/** The methods of arrays that can be called; results as in ECMAScript 2023, §23.1.3. */
import type { CallArguments } from "./call-arguments.js";
import { templateText } from "./literals.js";
import { isNullish, isTruthy } from "./operators.js";
import { isList, list, type List, type Slot, type Value } from "./value.js";

type ListMethod = (self: List, args: CallArguments) => Value;

export const LIST_METHODS: ReadonlyMap<string, ListMethod> = new Map<string, ListMethod>([
  ["concat", concat],
  ["every", (self, args) => self.items.every((item, index) => isTruthy(callback(args, item, index).value))],
  ["filter", filter],
  [
    "find",
    (self, args) => self.items.find((item, index) => isTruthy(callback(args, item, index).value))?.value,
  ],
  ["flatMap", flatMap],
  ["includes", (self, args) => self.items.some((item) => item.value === args.slots[0]?.value)],
  ["join", join],
  ["map", (self, args) => list(self.items.map((item, index) => callback(args, item, index)))],
  ["slice", (self, args) => list(self.items.slice(args.optionalInteger(0), args.optionalInteger(1)))],
  ["some", (self, args) => self.items.some((item, index) => isTruthy(callback(args, item, index).value))],
]);

/** One call of the function argument; the result counts as written where the function writes it. */
function callback(args: CallArguments, item: Slot, index: number): Slot {
  const callable = args.callable(0);
  args.budget.spend(args.node);
  const value = callable.call([item, { value: index, at: item.at }], args.node);
  return { value, at: callable.at ?? item.at };
}

function filter(self: List, args: CallArguments): Value {
  return list(self.items.filter((item, index) => isTruthy(callback(args, item, index).value)));
}

function flatMap(self: List, args: CallArguments): Value {
  const items: Slot[] = [];
  for (const [index, item] of self.items.entries()) {
    const result = callback(args, item, index);
    const added = isList(result.value) ? result.value.items : [result];
    args.budget.items(args.node, items.length + added.length);
    for (const slot of added) items.push(slot);
  }
  return list(items);
}

function concat(self: List, args: CallArguments): Value {
  const parts = args.slots.map((slot) => (isList(slot.value) ? slot.value.items : [slot]));
  args.budget.items(
    args.node,
    parts.reduce((count, part) => count + part.length, self.items.length),
  );
  return list([...self.items, ...parts.flat()]);
}

function join(self: List, args: CallArguments): Value {
  const separator = args.optionalText(0) ?? ",";
  const texts = self.items.map(({ value, at }) => (isNullish(value) ? "" : templateText(value, at)));
  const length = texts.reduce((sum, text) => sum + text.length, separator.length * texts.length);
  args.budget.text(args.node, length);
  return texts.join(separator);
}
