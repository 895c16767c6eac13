/** The dispatch from a kind of expression to what evaluates it. What is not listed here is not part of the static subset. */
import type { ts } from "ts-morph";
import { typescript } from "./typescript.js";
import { chain } from "./access.js";
import { Budget } from "./budget.js";
import { closure } from "./functions.js";
import type { Interpreter } from "./interpreter.js";
import { arrayLiteral, objectLiteral, template } from "./literals.js";
import { nearest } from "./nearest.js";
import { notStatic, unsupported } from "./not-static.js";
import { binary, conditional, prefix } from "./operators.js";
import type { Scope } from "./scope.js";
import type { Value } from "./value.js";

export function createInterpreter(): Interpreter {
  const budget = new Budget();
  const interpreter: Interpreter = {
    budget,
    evaluate: (node, scope) => budget.nested(node, () => expression(node, scope, interpreter)),
  };
  return interpreter;
}

function expression(node: ts.Expression, scope: Scope, interpreter: Interpreter): Value {
  if (typescript.isStringLiteralLike(node)) return literalText(node, interpreter);
  if (typescript.isNumericLiteral(node)) return Number(node.text);
  if (typescript.isIdentifier(node)) return identifier(node, scope);
  if (typescript.isObjectLiteralExpression(node)) return objectLiteral(node, scope, interpreter);
  if (typescript.isArrayLiteralExpression(node)) return arrayLiteral(node, scope, interpreter);
  if (typescript.isTemplateExpression(node)) return template(node, scope, interpreter);
  if (typescript.isArrowFunction(node) || typescript.isFunctionExpression(node))
    return closure(node, scope, interpreter);
  if (typescript.isConditionalExpression(node)) return conditional(node, scope, interpreter);
  if (typescript.isBinaryExpression(node)) return binary(node, scope, interpreter);
  if (typescript.isPrefixUnaryExpression(node)) return prefix(node, scope, interpreter);
  if (isTypeSyntax(node)) return interpreter.evaluate(node.expression, scope);
  if (typescript.isCallExpression(node) && node.expression.kind === typescript.SyntaxKind.ImportKeyword) {
    throw unsupported(node.expression);
  }
  if (
    typescript.isPropertyAccessExpression(node) ||
    typescript.isElementAccessExpression(node) ||
    typescript.isCallExpression(node)
  ) {
    return chain(node, scope, interpreter);
  }
  return keyword(node);
}

/** Syntax that only the type checker and the reader see. */
function isTypeSyntax(
  node: ts.Expression,
): node is
  | ts.AsExpression
  | ts.SatisfiesExpression
  | ts.ParenthesizedExpression
  | ts.NonNullExpression
  | ts.TypeAssertion {
  return (
    typescript.isParenthesizedExpression(node) ||
    typescript.isAsExpression(node) ||
    typescript.isSatisfiesExpression(node) ||
    typescript.isNonNullExpression(node) ||
    typescript.isTypeAssertionExpression(node)
  );
}

function keyword(node: ts.Expression): Value {
  if (node.kind === typescript.SyntaxKind.TrueKeyword) return true;
  if (node.kind === typescript.SyntaxKind.FalseKeyword) return false;
  if (node.kind === typescript.SyntaxKind.NullKeyword) return null;
  throw unsupported(node);
}

function literalText(node: ts.StringLiteralLike, interpreter: Interpreter): string {
  interpreter.budget.text(node, node.text.length);
  return node.text;
}

function identifier(node: ts.Identifier, scope: Scope): Value {
  const binding = scope.lookup(node.text);
  if (binding !== undefined) return binding();
  if (node.text === "undefined") return undefined;
  throw unknownName(node, scope.names());
}

function unknownName(node: ts.Identifier, names: readonly string[]): Error {
  const near = nearest(node.text, names);
  const message = `${node.text} is not known here: this file is data and is never run`;
  const hint = near === undefined ? "write the value out, or declare a const" : `did you mean ${near}?`;
  return notStatic(node, message, hint);
}
