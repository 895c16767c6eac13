/** One file as the evaluator sees it: what it imports, exports and declares. Nothing is evaluated yet. */
import type { ts } from "ts-morph";

export interface Module {
  readonly source: ts.SourceFile;
  readonly imports: readonly Import[];
  readonly exports: ReadonlyMap<string, Export>;
  /** Files of which everything is exported again: `export * from "./file.js"`. */
  readonly stars: readonly ts.StringLiteral[];
  readonly constants: readonly ts.VariableDeclaration[];
  readonly functions: readonly ts.FunctionDeclaration[];
}

/** A file or package that an import or export names. */
export interface Import {
  readonly specifier: ts.StringLiteral;
  /** Empty for exports from another file. */
  readonly names: readonly ImportedName[];
  /** Only types are imported: they are read for the type check and take no part in the evaluation. */
  readonly typeOnly: boolean;
}

/** A name of another file under a name of this file. */
export interface ImportedName {
  readonly local: string;
  /** The name that the other file exports; `*` is all of them as one object. */
  readonly imported: string;
  readonly node: ts.Node;
}

/** What an exported name stands for. */
export type Export =
  | { readonly kind: "expression"; readonly node: ts.Expression }
  | { readonly kind: "function"; readonly node: ts.FunctionDeclaration }
  | {
      readonly kind: "from";
      readonly specifier: ts.StringLiteral;
      readonly name: string;
      readonly node: ts.Node;
    };
