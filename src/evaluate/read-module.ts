/** Syntax tree → `Module`. Only declarations may stand in a file: imports, exports, constants, functions and types. */
import type { ts } from "ts-morph";
import { typescript } from "./typescript.js";
import { constantsOf, namesIn } from "./bindings.js";
import { Collector } from "./collector.js";
import type { Export, Import, ImportedName, Module } from "./module.js";
import { notStatic, unsupported } from "./not-static.js";

/** @throws UserError MANIFEST_NOT_STATIC for each statement that is no declaration */
export function readModule(source: ts.SourceFile): Module {
  const module = new ModuleReader(source);
  const errors = new Collector();
  for (const statement of source.statements) errors.attempt(() => module.read(statement));
  errors.throwIfAny();
  return module;
}

class ModuleReader implements Module {
  readonly source: ts.SourceFile;
  readonly imports: Import[] = [];
  readonly exports = new Map<string, Export>();
  readonly stars: ts.StringLiteral[] = [];
  readonly constants: ts.VariableDeclaration[] = [];
  readonly functions: ts.FunctionDeclaration[] = [];

  constructor(source: ts.SourceFile) {
    this.source = source;
  }

  read(statement: ts.Statement): void {
    if (typescript.isImportDeclaration(statement)) this.#readImport(statement);
    else if (typescript.isExportDeclaration(statement)) this.#readReExport(statement);
    else if (typescript.isExportAssignment(statement)) this.#readDefaultExport(statement);
    else if (typescript.isFunctionDeclaration(statement)) this.#readFunction(statement);
    else if (typescript.isInterfaceDeclaration(statement) || typescript.isTypeAliasDeclaration(statement))
      return;
    else if (!typescript.isEmptyStatement(statement)) this.#readConstants(statement);
  }

  #readImport(statement: ts.ImportDeclaration): void {
    const specifier = specifierOf(statement.moduleSpecifier);
    const clause = statement.importClause;
    if (clause === undefined) {
      throw notStatic(
        statement,
        "an import without names does nothing here",
        "import the names that you need",
      );
    }
    const names = clause.phaseModifier === typescript.SyntaxKind.TypeKeyword ? [] : importedNames(clause);
    this.imports.push({ specifier, names, typeOnly: names.length === 0 });
  }

  #readReExport(statement: ts.ExportDeclaration): void {
    const { exportClause: clause, moduleSpecifier } = statement;
    const specifier = moduleSpecifier === undefined ? undefined : specifierOf(moduleSpecifier);
    if (specifier !== undefined) this.imports.push({ specifier, names: [], typeOnly: statement.isTypeOnly });
    if (statement.isTypeOnly) return;
    if (clause === undefined) {
      if (specifier !== undefined) this.stars.push(specifier);
    } else if (typescript.isNamespaceExport(clause)) {
      if (specifier !== undefined)
        this.#export(clause.name.text, { kind: "from", specifier, name: "*", node: clause }, clause);
    } else {
      for (const element of clause.elements) this.#readExportedName(element, specifier);
    }
  }

  #readExportedName(element: ts.ExportSpecifier, specifier: ts.StringLiteral | undefined): void {
    if (element.isTypeOnly) return;
    const source = element.propertyName ?? element.name;
    if (specifier !== undefined) {
      this.#export(element.name.text, { kind: "from", specifier, name: source.text, node: element }, element);
    } else if (typescript.isIdentifier(source)) {
      this.#export(element.name.text, { kind: "expression", node: source }, element);
    } else {
      throw unsupported(element);
    }
  }

  #readDefaultExport(statement: ts.ExportAssignment): void {
    if (statement.isExportEquals) {
      throw notStatic(statement, "export = belongs to another module system", "write export default");
    }
    this.#export("default", { kind: "expression", node: statement.expression }, statement);
  }

  #readFunction(statement: ts.FunctionDeclaration): void {
    if (statement.body === undefined) return; // The signature of an overload.
    if (statement.name !== undefined) this.functions.push(statement);
    if (hasModifier(statement, typescript.SyntaxKind.DefaultKeyword)) {
      this.#export("default", { kind: "function", node: statement }, statement);
    } else if (hasModifier(statement, typescript.SyntaxKind.ExportKeyword) && statement.name !== undefined) {
      this.#export(statement.name.text, { kind: "expression", node: statement.name }, statement);
    }
  }

  #readConstants(statement: ts.Statement): void {
    const constants = constantsOf(statement);
    this.constants.push(...constants);
    if (
      !typescript.isVariableStatement(statement) ||
      !hasModifier(statement, typescript.SyntaxKind.ExportKeyword)
    )
      return;
    for (const constant of constants) {
      for (const name of namesIn(constant.name))
        this.#export(name.text, { kind: "expression", node: name }, name);
    }
  }

  #export(name: string, value: Export, at: ts.Node): void {
    if (this.exports.has(name)) throw notStatic(at, `${name} is exported twice`, "remove one of the exports");
    this.exports.set(name, value);
  }
}

function importedNames(clause: ts.ImportClause): readonly ImportedName[] {
  const { name, namedBindings } = clause;
  const byDefault = name === undefined ? [] : [{ local: name.text, imported: "default", node: name }];
  if (namedBindings === undefined) return byDefault;
  if (typescript.isNamespaceImport(namedBindings)) {
    return [...byDefault, { local: namedBindings.name.text, imported: "*", node: namedBindings }];
  }
  const named = namedBindings.elements
    .filter((element) => !element.isTypeOnly)
    .map((element) => ({
      local: element.name.text,
      imported: (element.propertyName ?? element.name).text,
      node: element,
    }));
  return [...byDefault, ...named];
}

function specifierOf(node: ts.Expression): ts.StringLiteral {
  if (typescript.isStringLiteral(node)) return node;
  throw unsupported(node);
}

function hasModifier(node: ts.Statement, kind: ts.SyntaxKind): boolean {
  return (
    typescript.canHaveModifiers(node) &&
    (typescript.getModifiers(node)?.some((it) => it.kind === kind) ?? false)
  );
}
