/** Functions that only return an expression. A call evaluates that expression in a new scope; nothing else can happen. */
import type { ts } from "ts-morph";
import { typescript } from "./typescript.js";
import { bindName, constantsOf, declareConstant } from "./bindings.js";
import type { Interpreter } from "./interpreter.js";
import { notStatic, unsupported } from "./not-static.js";
import { Scope } from "./scope.js";
import { type Callable, list, type Slot } from "./value.js";

type FunctionNode = ts.ArrowFunction | ts.FunctionExpression | ts.FunctionDeclaration;

/** The function that `node` writes, which sees the names of `scope`. */
export function closure(node: FunctionNode, scope: Scope, interpreter: Interpreter): Callable {
  refuseAsyncAndGenerator(node);
  const body = functionBody(node);
  return {
    kind: "callable",
    at: body.result,
    call(args) {
      const inner = new Scope(scope);
      bindParameters(node, args, { scope: inner, interpreter });
      for (const constant of body.constants) declareConstant(constant, inner, interpreter);
      return interpreter.evaluate(body.result, inner);
    },
  };
}

function refuseAsyncAndGenerator(node: FunctionNode): void {
  const isAsync =
    node.modifiers?.some((modifier) => modifier.kind === typescript.SyntaxKind.AsyncKeyword) ?? false;
  if (!isAsync && node.asteriskToken === undefined) return;
  const construct = isAsync ? "an async function" : "a generator";
  throw notStatic(
    node,
    `${construct} cannot be read statically`,
    "write a function that only returns an expression",
  );
}

interface Body {
  readonly constants: readonly ts.VariableDeclaration[];
  readonly result: ts.Expression;
}

/** An expression, or a block of constants that ends with `return <expression>`. */
function functionBody(node: FunctionNode): Body {
  if (node.body === undefined) throw unsupported(node);
  if (!typescript.isBlock(node.body)) return { constants: [], result: withoutParentheses(node.body) };
  const last = node.body.statements.at(-1);
  const constants = node.body.statements.slice(0, -1).flatMap(constantsOf);
  if (last !== undefined && typescript.isReturnStatement(last) && last.expression !== undefined) {
    return { constants, result: withoutParentheses(last.expression) };
  }
  throw notStatic(
    last ?? node.body,
    "this function does not end with a return",
    "end it with: return <expression>",
  );
}

/** `({ … })` is written where the object begins. */
function withoutParentheses(node: ts.Expression): ts.Expression {
  return typescript.isParenthesizedExpression(node) ? withoutParentheses(node.expression) : node;
}

function bindParameters(
  node: FunctionNode,
  args: readonly Slot[],
  context: { scope: Scope; interpreter: Interpreter },
): void {
  for (const [index, parameter] of node.parameters.entries()) {
    const rest = parameter.dotDotDotToken !== undefined;
    const given = rest ? list(args.slice(index)) : args[index]?.value;
    const at = rest ? parameter : (args[index]?.at ?? parameter);
    bindName(parameter, { value: given, at }, context);
  }
}
