/** The methods of texts that can be called; results as in ECMAScript 2023, §22.1.3. */
import type { CallArguments } from "./call-arguments.js";
import { notStatic } from "./not-static.js";
import { list, type Value } from "./value.js";

type TextMethod = (self: string, args: CallArguments) => Value;

export const TEXT_METHODS: ReadonlyMap<string, TextMethod> = new Map<string, TextMethod>([
  ["endsWith", (self, args) => self.endsWith(args.text(0))],
  ["includes", (self, args) => self.includes(args.text(0))],
  ["replaceAll", replaceAll],
  ["slice", (self, args) => self.slice(args.optionalInteger(0), args.optionalInteger(1))],
  ["split", split],
  ["startsWith", (self, args) => self.startsWith(args.text(0))],
  ["toLowerCase", (self) => self.toLowerCase()],
  ["toUpperCase", (self) => self.toUpperCase()],
  ["trim", (self) => self.trim()],
]);

function replaceAll(self: string, args: CallArguments): Value {
  const [search, replacement] = [args.text(0), args.text(1)];
  if (replacement.includes("$")) {
    throw notStatic(
      args.node,
      "a $ in the replacement has a meaning of its own",
      "use a replacement without $",
    );
  }
  const parts = self.split(search);
  const found = search === "" ? self.length + 1 : parts.length - 1;
  args.budget.text(args.node, self.length + found * Math.max(0, replacement.length - search.length));
  return self.replaceAll(search, replacement);
}

function split(self: string, args: CallArguments): Value {
  const parts = self.split(args.text(0));
  args.budget.items(args.node, parts.length);
  return list(parts.map((value) => ({ value, at: args.node })));
}
