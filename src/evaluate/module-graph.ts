/** Reads a file and all that it imports, each file once. Only files inside the root, no packages, no cycles. */
import { dirname, extname, relative, resolve } from "node:path";
import type { ts } from "ts-morph";
import { UserError } from "../errors.js";
import { LIMITS, tooComplex } from "./budget.js";
import { Collector } from "./collector.js";
import { locationOf } from "./location.js";
import type { Import, Module } from "./module.js";
import { notStatic } from "./not-static.js";
import { parse, tooDeep } from "./parse.js";
import { readModule } from "./read-module.js";
import { readSource, realFile } from "./source-file.js";

/** The one package that a manifest may import from. */
export const PACKAGE = "nix-artifacts";

export class ModuleGraph {
  readonly #root: string;
  readonly #modules = new Map<string, Module>();
  readonly #sources = new Map<string, string>();
  readonly #failures = new Map<string, unknown>();
  readonly #targets = new WeakMap<ts.StringLiteral, string>();
  readonly #imported = new Set<string>();

  /** @param root real path of the folder that imports must not leave */
  constructor(root: string) {
    this.#root = root;
  }

  /**
   * The module in `file`, when it and everything it imports could be read.
   *
   * @throws UserErrors for everything in these files that cannot be read
   */
  load(file: string): Module {
    try {
      return this.#load(realFile(this.#root, file, undefined), []);
    } catch (error) {
      if (error instanceof RangeError) throw tooDeep(file);
      throw error;
    }
  }

  /** The module behind an import; undefined for our own package. Only for modules that were loaded. */
  resolve(specifier: ts.StringLiteral): Module | undefined {
    return specifier.text === PACKAGE ? undefined : this.#modules.get(this.#fileOf(specifier));
  }

  /** True when some loaded file imports `file`. */
  isImported(file: string): boolean {
    return this.#imported.has(file);
  }

  /** Text by path of everything that was loaded. */
  get sources(): ReadonlyMap<string, string> {
    return this.#sources;
  }

  /** Lets go of the syntax of a file that nothing has imported; who imports it later has it read again. */
  forget({ source: { fileName } }: Module): void {
    if (!this.#imported.has(fileName)) this.#modules.delete(fileName);
  }

  /** Each file once, also when it fails: what a hundred files import is reported once. */
  #load(file: string, importers: readonly Visit[]): Module {
    const known = this.#modules.get(file);
    if (known !== undefined) return known;
    if (this.#failures.has(file)) throw this.#failures.get(file);
    try {
      const module = this.#read(file, importers);
      this.#modules.set(file, module);
      this.#sources.set(file, module.source.text);
      return module;
    } catch (error) {
      this.#failures.set(file, error);
      throw error;
    }
  }

  #read(file: string, importers: readonly Visit[]): Module {
    const at = importers.at(-1)?.specifier;
    const module = readModule(parse(file, readSource(file, at && locationOf(at))));
    const errors = new Collector();
    for (const dependency of module.imports) {
      errors.attempt(() => this.#loadImport(file, dependency, importers));
    }
    errors.throwIfAny();
    return module;
  }

  #loadImport(file: string, dependency: Import, importers: readonly Visit[]): void {
    const { specifier, typeOnly } = dependency;
    if (!isRelative(specifier)) {
      if (specifier.text !== PACKAGE && !typeOnly) throw packageImport(specifier);
      return;
    }
    const target = this.#fileOf(specifier);
    this.#imported.add(target);
    const visits = [...importers, { file, specifier, typeOnly }];
    const start = visits.findIndex((visit) => visit.file === target);
    if (start === -1 && visits.length > LIMITS.depth)
      throw tooComplex(specifier, "this import is nested too deeply");
    if (start === -1) this.#load(target, visits);
    else if (visits.slice(start).every((visit) => !visit.typeOnly)) throw this.#cycle(visits.slice(start));
  }

  #fileOf(specifier: ts.StringLiteral): string {
    const known = this.#targets.get(specifier);
    if (known !== undefined) return known;
    const { fileName } = specifier.getSourceFile();
    const path = resolve(dirname(fileName), sourceName(specifier));
    const target = realFile(this.#root, path, locationOf(specifier));
    this.#targets.set(specifier, target);
    return target;
  }

  #cycle(visits: readonly Visit[]): UserError {
    const chain = [...visits, ...visits.slice(0, 1)].map((visit) => relative(this.#root, visit.file));
    const at = visits.at(-1)?.specifier;
    return new UserError("MANIFEST_CYCLE", `these files import one another: ${chain.join(" → ")}`, {
      hint: "move what they share into a file of its own",
      at: at && locationOf(at),
    });
  }
}

/** A file on the way from the entry, and the import by which it was left. */
interface Visit {
  readonly file: string;
  readonly specifier: ts.StringLiteral;
  readonly typeOnly: boolean;
}

function isRelative(specifier: ts.StringLiteral): boolean {
  return /^\.\.?\//.test(specifier.text);
}

/** TypeScript's rule for ES modules: what is imported as `.js` is written as `.ts`. */
function sourceName(specifier: ts.StringLiteral): string {
  const name = specifier.text;
  const extension = extname(name);
  if (extension === ".js") return `${name.slice(0, -".js".length)}.ts`;
  if (extension === ".ts") return name;
  const hint =
    extension === "" ? `write "${name}.js" or "${name}.ts"` : "move the data into a TypeScript file";
  throw notStatic(specifier, `"${name}" does not name a TypeScript file`, hint);
}

function packageImport(specifier: ts.StringLiteral): UserError {
  const message = `"${specifier.text}" cannot be imported: nothing is run and no package is read`;
  return notStatic(specifier, message, `import from "${PACKAGE}" or from a file: "./file.js"`);
}
