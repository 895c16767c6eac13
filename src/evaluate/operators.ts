/** Operators, with JavaScript's results for the operands that they accept; where JavaScript would convert silently, an error. */
import type { ts } from "ts-morph";
import { typescript } from "./typescript.js";
import type { Interpreter } from "./interpreter.js";
import { templateText } from "./literals.js";
import { notStatic } from "./not-static.js";
import type { Scope } from "./scope.js";
import { describe, type Value } from "./value.js";

export function conditional(node: ts.ConditionalExpression, scope: Scope, interpreter: Interpreter): Value {
  const chosen = isTruthy(interpreter.evaluate(node.condition, scope)) ? node.whenTrue : node.whenFalse;
  return interpreter.evaluate(chosen, scope);
}

export function prefix(node: ts.PrefixUnaryExpression, scope: Scope, interpreter: Interpreter): Value {
  if (node.operator === typescript.SyntaxKind.ExclamationToken) {
    return !isTruthy(interpreter.evaluate(node.operand, scope));
  }
  if (node.operator === typescript.SyntaxKind.MinusToken) {
    const value = interpreter.evaluate(node.operand, scope);
    if (typeof value === "number") return -value;
    throw notStatic(node, `- cannot be used with ${describe(value)}`, "use a number");
  }
  throw operatorError(node, node.getFirstToken()?.getText() ?? "operator");
}

export function binary(node: ts.BinaryExpression, scope: Scope, interpreter: Interpreter): Value {
  const operator = node.operatorToken.kind;
  const left = () => interpreter.evaluate(node.left, scope);
  const right = () => interpreter.evaluate(node.right, scope);
  if (operator === typescript.SyntaxKind.AmpersandAmpersandToken) return firstUnless(left(), isTruthy, right);
  if (operator === typescript.SyntaxKind.BarBarToken) return firstUnless(left(), isFalsy, right);
  if (operator === typescript.SyntaxKind.QuestionQuestionToken) return firstUnless(left(), isNullish, right);
  if (operator === typescript.SyntaxKind.EqualsEqualsEqualsToken) return left() === right();
  if (operator === typescript.SyntaxKind.ExclamationEqualsEqualsToken) return left() !== right();
  if (operator === typescript.SyntaxKind.PlusToken) return add(node, left(), right(), interpreter);
  const onNumbers = ARITHMETIC.get(operator);
  const onTexts = COMPARISONS.get(operator);
  if (onNumbers === undefined && onTexts === undefined)
    throw operatorError(node, node.operatorToken.getText());
  const [a, b] = [left(), right()];
  if (onNumbers !== undefined && typeof a === "number" && typeof b === "number") return onNumbers(a, b);
  if (onTexts !== undefined && typeof a === "string" && typeof b === "string") return onTexts(a, b);
  throw operandError(node, a, b);
}

type Operation<T> = (a: T, b: T) => number | boolean;

const ARITHMETIC: ReadonlyMap<ts.SyntaxKind, Operation<number>> = new Map<ts.SyntaxKind, Operation<number>>([
  [typescript.SyntaxKind.MinusToken, (a, b) => a - b],
  [typescript.SyntaxKind.AsteriskToken, (a, b) => a * b],
  [typescript.SyntaxKind.LessThanToken, (a, b) => a < b],
  [typescript.SyntaxKind.LessThanEqualsToken, (a, b) => a <= b],
  [typescript.SyntaxKind.GreaterThanToken, (a, b) => a > b],
  [typescript.SyntaxKind.GreaterThanEqualsToken, (a, b) => a >= b],
]);

const COMPARISONS: ReadonlyMap<ts.SyntaxKind, Operation<string>> = new Map<ts.SyntaxKind, Operation<string>>([
  [typescript.SyntaxKind.LessThanToken, (a, b) => a < b],
  [typescript.SyntaxKind.LessThanEqualsToken, (a, b) => a <= b],
  [typescript.SyntaxKind.GreaterThanToken, (a, b) => a > b],
  [typescript.SyntaxKind.GreaterThanEqualsToken, (a, b) => a >= b],
]);

/** `value`, or what `otherwise` gives when `pass` says that the operator goes on. */
function firstUnless(value: Value, pass: (value: Value) => boolean, otherwise: () => Value): Value {
  return pass(value) ? otherwise() : value;
}

/** Lists, objects and functions are true, as in JavaScript. */
export function isTruthy(value: Value): boolean {
  return Boolean(value);
}

function isFalsy(value: Value): boolean {
  return !isTruthy(value);
}

export function isNullish(value: Value): value is null | undefined {
  return value === undefined || value === null;
}

function add(node: ts.BinaryExpression, a: Value, b: Value, interpreter: Interpreter): Value {
  if (typeof a === "number" && typeof b === "number") return a + b;
  if (typeof a !== "string" && typeof b !== "string") throw operandError(node, a, b);
  const text = templateText(a, node.left) + templateText(b, node.right);
  interpreter.budget.text(node, text.length);
  return text;
}

function operandError(node: ts.BinaryExpression, a: Value, b: Value): Error {
  const operator = node.operatorToken.getText();
  const message = `${operator} cannot be used with ${describe(a)} and ${describe(b)}`;
  return notStatic(node, message, "use two numbers or two texts");
}

function operatorError(node: ts.Expression, operator: string): Error {
  if (operator === "==" || operator === "!=") {
    return notStatic(node, `the operator ${operator} is not supported here`, `write ${operator}=`);
  }
  if (!operator.endsWith("=") && operator !== "++" && operator !== "--") {
    return notStatic(node, `the operator ${operator} is not supported here`, "write its result");
  }
  const message = "an assignment cannot be read statically: this file is data and is never run";
  return notStatic(node, message, "use const and give each value a name of its own");
}
