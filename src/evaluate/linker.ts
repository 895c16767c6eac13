/** Names across files: the scope of each module, and what its exports are worth. */
import type { ts } from "ts-morph";
import { declareConstant } from "./bindings.js";
import { closure } from "./functions.js";
import type { Interpreter } from "./interpreter.js";
import type { Export, ImportedName, Module } from "./module.js";
import { PACKAGE, type ModuleGraph } from "./module-graph.js";
import { nearest } from "./nearest.js";
import { notStatic } from "./not-static.js";
import { Scope } from "./scope.js";
import { type Callable, fields, type Slot, type Value } from "./value.js";

/** The functions of our package. They only mark and type what they are given. */
const MARKERS: readonly string[] = ["defineArtifact", "defineArtifacts", "defineConfig"];

export class Linker {
  readonly #graph: ModuleGraph;
  readonly #interpreter: Interpreter;
  readonly #scopes = new WeakMap<Module, Scope>();

  constructor(graph: ModuleGraph, interpreter: Interpreter) {
    this.#graph = graph;
    this.#interpreter = interpreter;
  }

  /** The value of an export and where it is written; undefined when the module exports no such name. */
  exported(module: Module, name: string): Slot | undefined {
    const found = module.exports.get(name);
    if (found !== undefined) return this.#exportedValue(module, found);
    if (name === "default") return undefined;
    for (const star of module.stars) {
      const next = this.#graph.resolve(star);
      const slot = next && this.exported(next, name);
      if (slot !== undefined) return slot;
    }
    return undefined;
  }

  #exportedValue(module: Module, found: Export): Slot {
    const { node } = found;
    if (found.kind === "from") {
      return { value: this.#imported(found.specifier, { local: "", imported: found.name, node }), at: node };
    }
    const scope = this.#scopeOf(module);
    if (found.kind === "function") return { value: closure(found.node, scope, this.#interpreter), at: node };
    return { value: this.#interpreter.evaluate(found.node, scope), at: node };
  }

  #scopeOf(module: Module): Scope {
    const known = this.#scopes.get(module);
    if (known !== undefined) return known;
    const scope = new Scope();
    this.#scopes.set(module, scope);
    for (const constant of module.constants) declareConstant(constant, scope, this.#interpreter);
    for (const node of module.functions) {
      if (node.name !== undefined)
        scope.declare(node.name.text, () => closure(node, scope, this.#interpreter));
    }
    for (const { specifier, names } of module.imports) {
      for (const name of names) scope.declare(name.local, () => this.#imported(specifier, name));
    }
    return scope;
  }

  #imported(specifier: ts.StringLiteral, name: ImportedName): Value {
    const module = this.#graph.resolve(specifier);
    if (module === undefined) return marker(name);
    return this.#interpreter.budget.nested(name.node, () => {
      if (name.imported === "*") return this.#everything(module);
      const slot = this.exported(module, name.imported);
      if (slot === undefined) throw noSuchExport(name, specifier, this.#namesOf(module));
      return slot.value;
    });
  }

  #everything(module: Module): Value {
    const entries = new Map<string, Slot>();
    for (const name of this.#namesOf(module)) {
      const slot = this.exported(module, name);
      if (slot !== undefined) entries.set(name, slot);
    }
    return fields(entries);
  }

  #namesOf(module: Module): readonly string[] {
    const others = module.stars.flatMap((star) => {
      const next = this.#graph.resolve(star);
      return next === undefined ? [] : this.#namesOf(next).filter((name) => name !== "default");
    });
    return [...new Set([...module.exports.keys(), ...others])];
  }
}

function marker(name: ImportedName): Callable {
  if (!MARKERS.includes(name.imported)) throw noSuchExport(name, { text: PACKAGE }, MARKERS);
  return {
    kind: "callable",
    at: undefined,
    call(args, at) {
      const [slot] = args;
      if (slot !== undefined && args.length === 1) return slot.value;
      throw notStatic(
        at,
        `${name.imported} takes one argument, not ${args.length}`,
        "pass one object or array",
      );
    },
  };
}

function noSuchExport(name: ImportedName, from: { text: string }, names: readonly string[]): Error {
  const message = `"${from.text}" exports no ${name.imported}; it exports ${names.join(", ") || "nothing"}`;
  const near = nearest(name.imported, names);
  return notStatic(name.node, message, near === undefined ? "import one of these" : `did you mean ${near}?`);
}
