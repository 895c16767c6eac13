/** Fits evaluated data to a schema. Every problem becomes an error that names the field, the value and what is allowed. */
import type { z } from "zod";
import { throwAll } from "../errors.js";
import type { Evaluated, Path } from "./evaluated.js";
import { explainIssue, type Problem, valueAt } from "./explain-issue.js";
import { flattenIssues } from "./flatten-issues.js";
import { pathText } from "./value-text.js";

/**
 * The data, or the part of it at `path`, as the schema's output.
 *
 * @throws UserError or UserErrors: UNKNOWN_FIELD, MISSING_FIELD, INVALID_VALUE, one for each field with a problem
 */
export function validate<S extends z.ZodType>(evaluated: Evaluated, schema: S, path: Path = []): z.output<S> {
  const result = schema.safeParse(valueAt(evaluated.value, path));
  if (result.success) return result.data;
  const context = { evaluated, schema, base: path };
  const problems = flattenIssues(result.error.issues).flatMap((issue) => explainIssue(issue, context));
  throwAll(firstOfEachField(problems).map(({ error }) => error));
  throw new Error("zod refused a value without an issue");
}

/** A field that breaks one rule often breaks the next one too. */
function firstOfEachField(problems: readonly Problem[]): readonly Problem[] {
  const first = new Map<string, Problem>();
  for (const problem of problems) {
    const field = pathText(problem.path);
    if (!first.has(field)) first.set(field, problem);
  }
  return [...first.values()];
}
