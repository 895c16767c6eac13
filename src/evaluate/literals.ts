/** Object and array literals and template strings. Every member is looked at, also after one that failed. */
import type { ts } from "ts-morph";
import { typescript } from "./typescript.js";
import { Collector } from "./collector.js";
import type { Interpreter } from "./interpreter.js";
import { notStatic, unsupported } from "./not-static.js";
import type { Scope } from "./scope.js";
import { describe, fields, isFields, isList, list, type Slot, type Value } from "./value.js";

export function objectLiteral(
  node: ts.ObjectLiteralExpression,
  scope: Scope,
  interpreter: Interpreter,
): Value {
  const entries = new Map<string, Slot>();
  const errors = new Collector();
  for (const member of node.properties) {
    errors.attempt(() => addMember(entries, member, scope, interpreter));
    if (errors.exhausted) break;
  }
  errors.throwIfAny();
  return fields(entries);
}

function addMember(
  entries: Map<string, Slot>,
  member: ts.ObjectLiteralElementLike,
  scope: Scope,
  interpreter: Interpreter,
): void {
  if (typescript.isSpreadAssignment(member)) {
    for (const [name, slot] of spreadFields(member, scope, interpreter)) entries.set(name, slot);
  } else if (typescript.isPropertyAssignment(member) || typescript.isShorthandPropertyAssignment(member)) {
    const name = fieldName(member.name, scope, interpreter);
    if (entries.get(name)?.key?.parent.parent === member.parent) throw writtenTwice(name, member.name);
    const at = typescript.isPropertyAssignment(member) ? member.initializer : member.name;
    entries.set(name, { value: interpreter.evaluate(at, scope), at, key: member.name });
  } else {
    throw unsupported(member);
  }
  interpreter.budget.items(member, entries.size);
}

/** JavaScript would silently take the last one. */
function writtenTwice(name: string, at: ts.Node): Error {
  return notStatic(
    at,
    `the field ${JSON.stringify(name)} is written twice in this object`,
    "remove one of them",
  );
}

/** As in JavaScript, spreading a false condition (`...(test && {…})`) adds nothing. */
function spreadFields(
  member: ts.SpreadAssignment,
  scope: Scope,
  interpreter: Interpreter,
): ReadonlyMap<string, Slot> {
  const value = interpreter.evaluate(member.expression, scope);
  if (isFields(value)) {
    interpreter.budget.spend(member, value.entries.size);
    return value.entries;
  }
  if (value === undefined || value === null || value === false) return new Map();
  throw notStatic(member, `${describe(value)} cannot be spread into an object`, "spread an object");
}

/** The name of a field in an object literal or pattern. */
export function fieldName(name: ts.PropertyName, scope: Scope, interpreter: Interpreter): string {
  if (typescript.isPrivateIdentifier(name) || typescript.isBigIntLiteral(name)) throw unsupported(name);
  if (!typescript.isComputedPropertyName(name)) return checkedName(name.text, name);
  const value = interpreter.evaluate(name.expression, scope);
  if (typeof value === "string" || typeof value === "number") return checkedName(String(value), name);
  throw notStatic(name, `${describe(value)} cannot name a field`, "use a text in the brackets");
}

/** `__proto__` is no field in JavaScript but sets the prototype. */
export function checkedName(name: string, at: ts.Node): string {
  if (name !== "__proto__") return name;
  throw notStatic(at, "__proto__ cannot name a field", "use another name");
}

export function arrayLiteral(node: ts.ArrayLiteralExpression, scope: Scope, interpreter: Interpreter): Value {
  const items: Slot[] = [];
  const errors = new Collector();
  for (const element of node.elements) {
    errors.attempt(() => addElement(items, element, scope, interpreter));
    if (errors.exhausted) break;
  }
  errors.throwIfAny();
  return list(items);
}

function addElement(items: Slot[], element: ts.Expression, scope: Scope, interpreter: Interpreter): void {
  if (!typescript.isSpreadElement(element)) {
    interpreter.budget.items(element, 1);
    items.push({ value: interpreter.evaluate(element, scope), at: element });
    return;
  }
  for (const slot of spreadItems(element, scope, interpreter)) items.push(slot);
  interpreter.budget.items(element, items.length);
}

/** The items of `...list` in an array literal or a call. */
export function spreadItems(
  element: ts.SpreadElement,
  scope: Scope,
  interpreter: Interpreter,
): readonly Slot[] {
  const value = interpreter.evaluate(element.expression, scope);
  if (isList(value)) return value.items;
  throw notStatic(element, `${describe(value)} cannot be spread into an array`, "spread an array");
}

export function template(node: ts.TemplateExpression, scope: Scope, interpreter: Interpreter): Value {
  let text = node.head.text;
  for (const span of node.templateSpans) {
    text += templateText(interpreter.evaluate(span.expression, scope), span.expression) + span.literal.text;
    interpreter.budget.text(span, text.length);
  }
  return text;
}

/** Only what has an obvious text: JavaScript would silently write "undefined" and "[object Object]". */
export function templateText(value: Value, at: ts.Node): string {
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean")
    return String(value);
  throw notStatic(at, `${describe(value)} cannot be part of a text`, "use a text or a number here");
}
