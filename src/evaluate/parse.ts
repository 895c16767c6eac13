/** Text → syntax tree. All syntax errors of a file at once; nothing is type-checked and no other file is read. */
import { ts } from "ts-morph";
import { throwAll, UserError } from "../errors.js";
import { TOO_COMPLEX } from "./budget.js";
import { locationAt } from "./location.js";

const OPTIONS: ts.CompilerOptions = {
  noLib: true,
  noResolve: true,
  types: [],
  target: ts.ScriptTarget.Latest,
};

/** @throws UserError MANIFEST_SYNTAX for each syntax error; MANIFEST_TOO_COMPLEX when the nesting is absurd */
export function parse(file: string, text: string): ts.SourceFile {
  try {
    const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true, ts.ScriptKind.TS);
    throwAll(syntaxErrors(source));
    return source;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw tooDeep(file);
  }
}

function syntaxErrors(source: ts.SourceFile): readonly UserError[] {
  const program = ts.createProgram([source.fileName], OPTIONS, hostOf(source));
  return program.getSyntacticDiagnostics(source).map((diagnostic) => {
    const message = ts.flattenDiagnosticMessageText(diagnostic.messageText, " ");
    return new UserError("MANIFEST_SYNTAX", `syntax error: ${message}`, {
      hint: "correct the TypeScript here",
      at: locationAt(source, diagnostic.start),
    });
  });
}

/** A world with one file in it. The parser's errors are public only through a program. */
function hostOf(source: ts.SourceFile): ts.CompilerHost {
  return {
    fileExists: (file) => file === source.fileName,
    getCanonicalFileName: (file) => file,
    getCurrentDirectory: () => "/",
    getDefaultLibFileName: () => "lib.d.ts",
    getNewLine: () => "\n",
    getSourceFile: (file) => (file === source.fileName ? source : undefined),
    readFile: () => undefined,
    useCaseSensitiveFileNames: () => true,
    writeFile: () => undefined,
  };
}

/** The parser and whatever walks its tree are recursive: a hostile file ends their stack before any other limit is met. */
export function tooDeep(file: string): UserError {
  return new UserError(TOO_COMPLEX, "this file is nested too deeply to be read", {
    hint: "write the values out or split the file",
    at: { file, line: 1, column: 1 },
  });
}
