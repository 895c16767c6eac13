/** How names get their values: constants, parameters, and the patterns that take objects and arrays apart. */
import type { ts } from "ts-morph";
import { typescript } from "./typescript.js";
import type { Interpreter } from "./interpreter.js";
import { fieldName } from "./literals.js";
import { notStatic, unsupported } from "./not-static.js";
import { lazily, Scope } from "./scope.js";
import { describe, fields, isFields, isList, list, type Slot, type Value } from "./value.js";

interface Context {
  readonly scope: Scope;
  readonly interpreter: Interpreter;
}

/** The declarations of a `const` statement. Every other statement is an error. */
export function constantsOf(statement: ts.Statement): readonly ts.VariableDeclaration[] {
  if (!typescript.isVariableStatement(statement)) throw unsupported(statement);
  if ((statement.declarationList.flags & typescript.NodeFlags.BlockScoped) === typescript.NodeFlags.Const) {
    return statement.declarationList.declarations;
  }
  throw notStatic(statement, "a variable that can change cannot be read statically", "declare it with const");
}

/** Declares what a `const` names. Its value is evaluated when it is first used. */
export function declareConstant(
  declaration: ts.VariableDeclaration,
  scope: Scope,
  interpreter: Interpreter,
): void {
  const { name, initializer } = declaration;
  if (initializer === undefined)
    throw notStatic(declaration, "this constant has no value", "write = <value>");
  const onCycle = () => needsItself(declaration);
  const value = lazily(() => interpreter.evaluate(initializer, scope), onCycle);
  if (typescript.isIdentifier(name)) {
    scope.declare(name.text, value);
    return;
  }
  const parts = lazily(() => {
    const inner = new Scope(scope);
    bindPattern(name, { value: value(), at: initializer }, { scope: inner, interpreter });
    return inner;
  }, onCycle);
  for (const { text } of namesIn(name)) scope.declare(text, () => parts().lookup(text)?.());
}

function needsItself(declaration: ts.VariableDeclaration): Error {
  const name = declaration.name.getText();
  return notStatic(declaration, `the value of ${name} needs ${name} itself`, "write one of the values out");
}

/** The names that a declaration declares. */
export function namesIn(name: ts.BindingName): readonly ts.Identifier[] {
  if (typescript.isIdentifier(name)) return [name];
  return name.elements.flatMap((element) =>
    typescript.isOmittedExpression(element) ? [] : namesIn(element.name),
  );
}

/** Gives a parameter, or a part of a pattern, its value, or its default when there is none. */
export function bindName(
  target: ts.ParameterDeclaration | ts.BindingElement,
  given: Slot,
  context: Context,
): void {
  const { name, initializer } = target;
  const useDefault = given.value === undefined && initializer !== undefined;
  const slot = useDefault
    ? { value: context.interpreter.evaluate(initializer, context.scope), at: initializer }
    : given;
  if (typescript.isIdentifier(name)) context.scope.declare(name.text, () => slot.value);
  else bindPattern(name, slot, context);
}

function bindPattern(pattern: ts.BindingPattern, slot: Slot, context: Context): void {
  context.interpreter.budget.nested(pattern, () => {
    if (typescript.isObjectBindingPattern(pattern)) bindFields(pattern, slot, context);
    else bindItems(pattern, slot, context);
  });
}

function bindFields(pattern: ts.ObjectBindingPattern, slot: Slot, context: Context): void {
  const rest = new Map(entriesOf(slot, pattern));
  for (const element of pattern.elements) {
    if (element.dotDotDotToken !== undefined) {
      bindName(element, { value: fields(new Map(rest)), at: slot.at }, context);
      continue;
    }
    const name = nameInPattern(element, context);
    bindName(element, rest.get(name) ?? { value: undefined, at: slot.at }, context);
    rest.delete(name);
  }
}

function entriesOf(slot: Slot, pattern: ts.ObjectBindingPattern): ReadonlyMap<string, Slot> {
  if (isFields(slot.value)) return slot.value.entries;
  throw cannotTakeApart(slot.value, pattern, "an object");
}

function nameInPattern(element: ts.BindingElement, { scope, interpreter }: Context): string {
  if (element.propertyName !== undefined) return fieldName(element.propertyName, scope, interpreter);
  if (typescript.isIdentifier(element.name)) return element.name.text;
  throw unsupported(element);
}

function bindItems(pattern: ts.ArrayBindingPattern, slot: Slot, context: Context): void {
  if (!isList(slot.value)) throw cannotTakeApart(slot.value, pattern, "an array");
  const { items } = slot.value;
  for (const [index, element] of pattern.elements.entries()) {
    if (typescript.isOmittedExpression(element)) continue;
    const rest = element.dotDotDotToken !== undefined;
    const given = rest ? { value: list(items.slice(index)), at: slot.at } : items[index];
    bindName(element, given ?? { value: undefined, at: slot.at }, context);
  }
}

function cannotTakeApart(value: Value, pattern: ts.BindingPattern, expected: string): Error {
  return notStatic(
    pattern,
    `this pattern takes ${expected} apart but gets ${describe(value)}`,
    `pass ${expected}`,
  );
}
