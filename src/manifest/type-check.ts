/** Type-checks manifests and configuration against our own types. Loading does not do this: it is slower, and for people. */
import { Project, ts } from "ts-morph";
import { locationAt } from "../evaluate/location.js";
import { UserError } from "../errors.js";
import { declarationText } from "./declarations.js";

const OPTIONS: ts.CompilerOptions = {
  strict: true,
  noEmit: true,
  types: [],
  lib: ["lib.es2023.d.ts"],
  target: ts.ScriptTarget.ES2023,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  allowImportingTsExtensions: true,
  isolatedModules: true,
  skipLibCheck: true,
};

/** A path that no manifest has: the checker sees only the given files and this one. */
const DECLARATIONS = "/nix-artifacts.d.ts";

/**
 * The type errors of these files, each with its place.
 *
 * @param sources text by absolute path: manifests, the configuration, and all that they import. Nothing else is read, whatever
 *   the files refer to.
 */
export async function typeCheck(sources: ReadonlyMap<string, string>): Promise<readonly UserError[]> {
  const project = new Project({ useInMemoryFileSystem: true, compilerOptions: OPTIONS });
  project.createSourceFile(DECLARATIONS, await declarationText());
  for (const [file, text] of sources) project.createSourceFile(file, text);
  return project.getPreEmitDiagnostics().map((diagnostic) => typeError(diagnostic.compilerObject));
}

function typeError({ file, start, code, messageText }: ts.Diagnostic): UserError {
  const at = file === undefined || start === undefined ? undefined : locationAt(file, start);
  const message = ts.flattenDiagnosticMessageText(messageText, "\n");
  return new UserError("TYPE_ERROR", message, { hint: `correct the type (TypeScript error TS${code})`, at });
}
