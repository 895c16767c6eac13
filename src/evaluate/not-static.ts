/** The one error for everything that only running the file could answer, and the advice for each construct. */
import { ts } from "ts-morph";
import { UserError } from "../errors.js";
import { locationOf } from "./location.js";

/**
 * An expression whose value cannot be known by reading it.
 *
 * @param message what was written and why it has no value
 * @param hint what to write instead
 */
export function notStatic(node: ts.Node, message: string, hint: string): UserError {
  return new UserError("MANIFEST_NOT_STATIC", message, { hint, at: locationOf(node) });
}

/** The error for a construct that is outside the static subset of TypeScript. */
export function unsupported(node: ts.Node): UserError {
  const [construct, hint] = ADVICE.get(node.kind) ?? [syntaxName(node), "write the value out"];
  return notStatic(node, `${construct} cannot be read statically: this file is data and is never run`, hint);
}

const ARROW = "write a function that only returns an expression: (x) => ({ … })";
const CONSTANT = "use const and give each value a name of its own";
const WRITE_OUT = "write the value out";

/** Construct in words, and what to write instead. */
const ADVICE: ReadonlyMap<ts.SyntaxKind, readonly [construct: string, hint: string]> = new Map([
  [ts.SyntaxKind.AwaitExpression, ["await", WRITE_OUT]],
  [ts.SyntaxKind.BigIntLiteral, ["a bigint", "write a plain number"]],
  [ts.SyntaxKind.ClassDeclaration, ["a class", "use a function that returns an object"]],
  [ts.SyntaxKind.ClassExpression, ["a class", "use a function that returns an object"]],
  [ts.SyntaxKind.DeleteExpression, ["delete", "build the object without the field"]],
  [ts.SyntaxKind.DoStatement, ["a loop", "use map, flatMap or filter"]],
  [ts.SyntaxKind.EnumDeclaration, ["an enum", "use a const object"]],
  [
    ts.SyntaxKind.ExpressionStatement,
    ["a statement that does something", "remove it: only declarations count"],
  ],
  [ts.SyntaxKind.ForInStatement, ["a loop", "use Object.keys(…).map"]],
  [ts.SyntaxKind.ForOfStatement, ["a loop", "use map, flatMap or filter"]],
  [ts.SyntaxKind.ForStatement, ["a loop", "use map, flatMap or filter"]],
  [ts.SyntaxKind.GetAccessor, ["a getter", "write the value as a plain field"]],
  [ts.SyntaxKind.IfStatement, ["an if statement", "use a conditional expression: test ? a : b"]],
  [ts.SyntaxKind.ImportEqualsDeclaration, ["import … = require(…)", 'use import … from "./file.js"']],
  [ts.SyntaxKind.ImportKeyword, ["a dynamic import", 'use import … from "./file.js" at the top']],
  [ts.SyntaxKind.MetaProperty, ["import.meta", WRITE_OUT]],
  [ts.SyntaxKind.MethodDeclaration, ["a method", "write it as a field: name: (x) => …"]],
  [ts.SyntaxKind.ModuleDeclaration, ["a namespace", "use a const object"]],
  [ts.SyntaxKind.NewExpression, ["new", WRITE_OUT]],
  [ts.SyntaxKind.OmittedExpression, ["an empty place in an array", "write undefined or remove the comma"]],
  [ts.SyntaxKind.PostfixUnaryExpression, ["an assignment", CONSTANT]],
  [
    ts.SyntaxKind.RegularExpressionLiteral,
    ["a regular expression", "use startsWith, endsWith, includes, replaceAll"],
  ],
  [ts.SyntaxKind.SetAccessor, ["a setter", "write the value as a plain field"]],
  [ts.SyntaxKind.SuperKeyword, ["super", ARROW]],
  [ts.SyntaxKind.SwitchStatement, ["a switch statement", "look the value up in a const object"]],
  [ts.SyntaxKind.TaggedTemplateExpression, ["a tagged template", "use a plain template string"]],
  [ts.SyntaxKind.ThisKeyword, ["this", "use a constant or a parameter"]],
  [ts.SyntaxKind.ThrowStatement, ["throw", ARROW]],
  [ts.SyntaxKind.TryStatement, ["a try statement", ARROW]],
  [ts.SyntaxKind.TypeOfExpression, ["typeof", "decide by a constant or a parameter"]],
  [ts.SyntaxKind.VoidExpression, ["void", "write undefined"]],
  [ts.SyntaxKind.WhileStatement, ["a loop", "use map, flatMap or filter"]],
  [ts.SyntaxKind.YieldExpression, ["yield", ARROW]],
]);

function syntaxName(node: ts.Node): string {
  const name = ts.SyntaxKind[node.kind] ?? "this";
  return `this (${name.replaceAll(/(?<=[a-z])(?=[A-Z])/g, " ").toLowerCase()})`;
}
