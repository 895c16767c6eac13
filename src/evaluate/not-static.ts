/** The one error for everything that only running the file could answer, and the advice for each construct. */
import type { ts } from "ts-morph";
import { typescript } from "./typescript.js";
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
  [typescript.SyntaxKind.AwaitExpression, ["await", WRITE_OUT]],
  [typescript.SyntaxKind.BigIntLiteral, ["a bigint", "write a plain number"]],
  [typescript.SyntaxKind.ClassDeclaration, ["a class", "use a function that returns an object"]],
  [typescript.SyntaxKind.ClassExpression, ["a class", "use a function that returns an object"]],
  [typescript.SyntaxKind.DeleteExpression, ["delete", "build the object without the field"]],
  [typescript.SyntaxKind.DoStatement, ["a loop", "use map, flatMap or filter"]],
  [typescript.SyntaxKind.EnumDeclaration, ["an enum", "use a const object"]],
  [
    typescript.SyntaxKind.ExpressionStatement,
    ["a statement that does something", "remove it: only declarations count"],
  ],
  [typescript.SyntaxKind.ForInStatement, ["a loop", "use Object.keys(…).map"]],
  [typescript.SyntaxKind.ForOfStatement, ["a loop", "use map, flatMap or filter"]],
  [typescript.SyntaxKind.ForStatement, ["a loop", "use map, flatMap or filter"]],
  [typescript.SyntaxKind.GetAccessor, ["a getter", "write the value as a plain field"]],
  [typescript.SyntaxKind.IfStatement, ["an if statement", "use a conditional expression: test ? a : b"]],
  [typescript.SyntaxKind.ImportEqualsDeclaration, ["import … = require(…)", 'use import … from "./file.js"']],
  [typescript.SyntaxKind.ImportKeyword, ["a dynamic import", 'use import … from "./file.js" at the top']],
  [typescript.SyntaxKind.MetaProperty, ["import.meta", WRITE_OUT]],
  [typescript.SyntaxKind.MethodDeclaration, ["a method", "write it as a field: name: (x) => …"]],
  [typescript.SyntaxKind.ModuleDeclaration, ["a namespace", "use a const object"]],
  [typescript.SyntaxKind.NewExpression, ["new", WRITE_OUT]],
  [
    typescript.SyntaxKind.OmittedExpression,
    ["an empty place in an array", "write undefined or remove the comma"],
  ],
  [typescript.SyntaxKind.PostfixUnaryExpression, ["an assignment", CONSTANT]],
  [
    typescript.SyntaxKind.RegularExpressionLiteral,
    ["a regular expression", "use startsWith, endsWith, includes, replaceAll"],
  ],
  [typescript.SyntaxKind.SetAccessor, ["a setter", "write the value as a plain field"]],
  [typescript.SyntaxKind.SuperKeyword, ["super", ARROW]],
  [typescript.SyntaxKind.SwitchStatement, ["a switch statement", "look the value up in a const object"]],
  [typescript.SyntaxKind.TaggedTemplateExpression, ["a tagged template", "use a plain template string"]],
  [typescript.SyntaxKind.ThisKeyword, ["this", "use a constant or a parameter"]],
  [typescript.SyntaxKind.ThrowStatement, ["throw", ARROW]],
  [typescript.SyntaxKind.TryStatement, ["a try statement", ARROW]],
  [typescript.SyntaxKind.TypeOfExpression, ["typeof", "decide by a constant or a parameter"]],
  [typescript.SyntaxKind.VoidExpression, ["void", "write undefined"]],
  [typescript.SyntaxKind.WhileStatement, ["a loop", "use map, flatMap or filter"]],
  [typescript.SyntaxKind.YieldExpression, ["yield", ARROW]],
]);

function syntaxName(node: ts.Node): string {
  const name = typescript.SyntaxKind[node.kind] ?? "this";
  return `this (${name.replaceAll(/(?<=[a-z])(?=[A-Z])/g, " ").toLowerCase()})`;
}
