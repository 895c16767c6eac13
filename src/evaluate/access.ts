/** Property access and calls, which together form chains: `a.b?.c(d)[0]`. */
import type { ts } from "ts-morph";
import { typescript } from "./typescript.js";
import { CallArguments } from "./call-arguments.js";
import type { Interpreter } from "./interpreter.js";
import { LIST_METHODS } from "./list-methods.js";
import { spreadItems } from "./literals.js";
import { nearest } from "./nearest.js";
import { notStatic } from "./not-static.js";
import { OBJECT_FUNCTIONS } from "./object-functions.js";
import { isNullish } from "./operators.js";
import type { Scope } from "./scope.js";
import { TEXT_METHODS } from "./text-methods.js";
import { describe, isCallable, isFields, isList, type Slot, type Value } from "./value.js";

type Access = ts.PropertyAccessExpression | ts.ElementAccessExpression;
type Link = Access | ts.CallExpression;

/** What a chain gives after `?.` met undefined or null: the rest of the chain is not evaluated. */
const ENDED = Symbol("ended");

export function chain(node: Link, scope: Scope, interpreter: Interpreter): Value {
  const value = link(node, scope, interpreter);
  return value === ENDED ? undefined : value;
}

function link(node: Link, scope: Scope, interpreter: Interpreter): Value | typeof ENDED {
  return typescript.isCallExpression(node)
    ? call(node, scope, interpreter)
    : access(node, scope, interpreter);
}

/** The value before a link; goes on inside the same chain, so that one `?.` ends all of it. */
function before(node: Link, scope: Scope, interpreter: Interpreter): Value | typeof ENDED {
  const { expression } = node;
  const sameChain =
    typescript.isOptionalChain(node) && typescript.isOptionalChain(expression) && isLink(expression);
  const value = sameChain
    ? interpreter.budget.nested(expression, () => link(expression, scope, interpreter))
    : interpreter.evaluate(expression, scope);
  if (value === ENDED) return ENDED;
  return node.questionDotToken !== undefined && isNullish(value) ? ENDED : value;
}

function isLink(node: ts.Node): node is Link {
  return (
    typescript.isCallExpression(node) ||
    typescript.isPropertyAccessExpression(node) ||
    typescript.isElementAccessExpression(node)
  );
}

function access(node: Access, scope: Scope, interpreter: Interpreter): Value | typeof ENDED {
  const base = before(node, scope, interpreter);
  if (base === ENDED) return ENDED;
  const name = accessedName(node, scope, interpreter);
  if (isNullish(base)) {
    throw notStatic(node, `there is no ${name} of ${base}`, "write ?. if the value may be missing");
  }
  return member(base, name, node);
}

function accessedName(node: Access, scope: Scope, interpreter: Interpreter): string {
  if (typescript.isPropertyAccessExpression(node)) return node.name.text;
  const index = interpreter.evaluate(node.argumentExpression, scope);
  if (typeof index === "string" || typeof index === "number") return String(index);
  throw notStatic(node.argumentExpression, `${describe(index)} cannot be an index`, "use a text or a number");
}

/** Own fields, items and `length`: nothing that JavaScript would find on a prototype. */
function member(base: NonNullable<Value>, name: string, node: Access): Value {
  if (isFields(base)) {
    const slot = base.entries.get(name);
    if (slot !== undefined || !(name in Object.prototype)) return slot?.value;
  }
  if (isList(base) && /^\d+$/.test(name)) return base.items[Number(name)]?.value;
  if (name === "length" && isList(base)) return base.items.length;
  if (name === "length" && typeof base === "string") return base.length;
  throw notStatic(node, `${name} of ${describe(base)} cannot be read statically`, "write the value out");
}

function call(node: ts.CallExpression, scope: Scope, interpreter: Interpreter): Value | typeof ENDED {
  const callee = node.expression;
  if (typescript.isPropertyAccessExpression(callee)) return methodCall(node, callee, { scope, interpreter });
  const value = before(node, scope, interpreter);
  if (value === ENDED) return ENDED;
  return apply(value, node, { scope, interpreter });
}

interface Context {
  readonly scope: Scope;
  readonly interpreter: Interpreter;
}

function methodCall(
  node: ts.CallExpression,
  callee: ts.PropertyAccessExpression,
  context: Context,
): Value | typeof ENDED {
  const { scope, interpreter } = context;
  const name = callee.name.text;
  if (isGlobalObject(callee.expression, scope)) {
    const method = known(OBJECT_FUNCTIONS, name, { at: callee, of: "Object" });
    return method(callArguments(node, context));
  }
  const base = before(callee, scope, interpreter);
  if (base === ENDED) return ENDED;
  if (isList(base)) {
    return known(LIST_METHODS, name, { at: callee, of: "an array" })(base, callArguments(node, context));
  }
  if (typeof base === "string") {
    return known(TEXT_METHODS, name, { at: callee, of: "a text" })(base, callArguments(node, context));
  }
  if (isNullish(base)) {
    throw notStatic(callee, `there is no ${name} of ${base}`, "write ?. if the value may be missing");
  }
  const value = member(base, name, callee);
  return node.questionDotToken !== undefined && isNullish(value) ? ENDED : apply(value, node, context);
}

function isGlobalObject(node: ts.Expression, scope: Scope): boolean {
  return typescript.isIdentifier(node) && node.text === "Object" && scope.lookup("Object") === undefined;
}

function known<T>(table: ReadonlyMap<string, T>, name: string, call: { at: ts.Node; of: string }): T {
  const method = table.get(name);
  if (method !== undefined) return method;
  const names = [...table.keys()];
  const message = `${name} of ${call.of} cannot be evaluated; there are ${names.join(", ")}`;
  const near = nearest(name, names);
  throw notStatic(call.at, message, near === undefined ? "write the result out" : `did you mean ${near}?`);
}

function apply(value: Value, node: ts.CallExpression, context: Context): Value {
  if (isCallable(value)) return value.call(callArguments(node, context).slots, node);
  throw notStatic(
    node,
    `${describe(value)} cannot be called`,
    "call a function of this file or of a sibling file",
  );
}

function callArguments(node: ts.CallExpression, { scope, interpreter }: Context): CallArguments {
  const slots: Slot[] = [];
  for (const argument of node.arguments) {
    if (typescript.isSpreadElement(argument)) slots.push(...spreadItems(argument, scope, interpreter));
    else slots.push({ value: interpreter.evaluate(argument, scope), at: argument });
  }
  interpreter.budget.items(node, slots.length);
  return new CallArguments(node, slots, interpreter.budget);
}
