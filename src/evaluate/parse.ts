/** Text → syntax tree. All syntax errors of a file at once; nothing is type-checked and no other file is read. */
import type { ts } from "ts-morph";
import { typescript } from "./typescript.js";
import { throwAll, UserError } from "../errors.js";
import { TOO_COMPLEX } from "./budget.js";
import { locationAt } from "./location.js";

/** @throws UserError MANIFEST_SYNTAX for each syntax error; MANIFEST_TOO_COMPLEX when the nesting is absurd */
export function parse(file: string, text: string): ts.SourceFile {
  try {
    const source = typescript.createSourceFile(
      file,
      text,
      typescript.ScriptTarget.Latest,
      true,
      typescript.ScriptKind.TS,
    );
    throwAll(parserDiagnostics(source).map((diagnostic) => syntaxError(source, diagnostic)));
    return source;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw tooDeep(file);
  }
}

/**
 * What the parser complained about. It keeps this in a field that its types leave out; a program per file would hand it out as
 * well, and take longer than the parsing itself.
 */
function parserDiagnostics(source: ts.SourceFile): readonly ts.DiagnosticWithLocation[] {
  if ("parseDiagnostics" in source && Array.isArray(source.parseDiagnostics)) return source.parseDiagnostics;
  throw new Error("this version of TypeScript keeps its syntax errors elsewhere");
}

function syntaxError(source: ts.SourceFile, { messageText, start }: ts.DiagnosticWithLocation): UserError {
  const message = typescript.flattenDiagnosticMessageText(messageText, " ");
  return new UserError("MANIFEST_SYNTAX", `syntax error: ${message}`, {
    hint: "correct the TypeScript here",
    at: locationAt(source, start),
  });
}

/** The parser and whatever walks its tree are recursive: a hostile file ends their stack before any other limit is met. */
export function tooDeep(file: string): UserError {
  return new UserError(TOO_COMPLEX, "this file is nested too deeply to be read", {
    hint: "write the values out or split the file",
    at: { file, line: 1, column: 1 },
  });
}
