/** What the parts of the evaluator need of one another. */
import type { ts } from "ts-morph";
import type { Budget } from "./budget.js";
import type { Scope } from "./scope.js";
import type { Value } from "./value.js";

export interface Interpreter {
  readonly budget: Budget;
  /** @throws UserError MANIFEST_NOT_STATIC, with several of them as UserErrors; MANIFEST_TOO_COMPLEX */
  evaluate(node: ts.Expression, scope: Scope): Value;
}
