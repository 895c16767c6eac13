/**
 * Reads TypeScript files as data: the value of a file's default export, found by looking at its syntax. Nothing is executed, so
 * a file that a stranger proposes can do nothing but be wrong. Used for manifests and for the configuration.
 *
 * The way of a file: `module-graph.ts` (with `parse.ts`, `read-module.ts`) reads it and what it imports, `linker.ts` connects
 * names across files, `expression.ts` evaluates, `evaluated.ts` is the result and `validate.ts` fits it to a schema.
 */
import { realpathSync } from "node:fs";
import { type Evaluated, toEvaluated } from "./evaluated.js";
import { createInterpreter } from "./expression.js";
import { Linker } from "./linker.js";
import { ModuleGraph } from "./module-graph.js";

export interface Evaluator {
  /**
   * The default export of `file`, an absolute path; undefined when it has none.
   *
   * @throws UserError or UserErrors: MANIFEST_SYNTAX, MANIFEST_NOT_STATIC, MANIFEST_CYCLE, MANIFEST_IMPORT, MANIFEST_OUTSIDE,
   *   MANIFEST_UNREADABLE, MANIFEST_TOO_COMPLEX, each with its place
   */
  evaluate(file: string): Evaluated | undefined;
  /** True when a file that was evaluated before imports `file`. */
  isImported(file: string): boolean;
  /** Text by path of every file that was read without an error. */
  readonly sources: ReadonlyMap<string, string>;
}

/** @param root existing folder that no import may leave */
export function createEvaluator(root: string): Evaluator {
  const graph = new ModuleGraph(realpathSync(root));
  const interpreter = createInterpreter();
  const linker = new Linker(graph, interpreter);
  return {
    evaluate(file) {
      const module = graph.load(file);
      interpreter.budget.reset();
      try {
        const slot = linker.exported(module, "default");
        return slot && toEvaluated(slot, interpreter.budget);
      } finally {
        graph.forget(module);
      }
    },
    isImported: (file) => graph.isImported(realpathSync(file)),
    get sources() {
      return graph.sources;
    },
  };
}
