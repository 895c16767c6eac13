/** The functions of `Object` that can be called; results as in ECMAScript 2023, §20.1.2. */
import type { CallArguments } from "./call-arguments.js";
import { checkedName } from "./literals.js";
import { notStatic } from "./not-static.js";
import { describe, fields, isList, list, type Slot, type Value } from "./value.js";

type ObjectFunction = (args: CallArguments) => Value;

export const OBJECT_FUNCTIONS: ReadonlyMap<string, ObjectFunction> = new Map<string, ObjectFunction>([
  ["entries", entries],
  ["fromEntries", fromEntries],
  ["keys", (args) => list([...args.fields(0).entries].map(([name, slot]) => nameSlot(name, slot)))],
  ["values", (args) => list([...args.fields(0).entries.values()])],
]);

function entries(args: CallArguments): Value {
  const pairs = [...args.fields(0).entries];
  args.budget.items(args.node, pairs.length);
  return list(pairs.map(([name, slot]) => ({ value: list([nameSlot(name, slot), slot]), at: slot.at })));
}

function nameSlot(name: string, slot: Slot): Slot {
  return { value: name, at: slot.key ?? slot.at };
}

function fromEntries(args: CallArguments): Value {
  const result = new Map<string, Slot>();
  for (const pair of args.list(0).items) {
    const [name, value] = isList(pair.value) ? pair.value.items : [];
    if (typeof name?.value !== "string") {
      throw notStatic(
        pair.at,
        `Object.fromEntries got ${describe(pair.value)}`,
        "pass pairs of a text and a value",
      );
    }
    result.set(checkedName(name.value, name.at), value ?? { value: undefined, at: pair.at });
  }
  return fields(result);
}
