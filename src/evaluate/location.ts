/** Syntax nodes → places that a person can open. */
import type { ts } from "ts-morph";
import type { Location } from "../errors.js";

/** Where `node` begins, without the comments and blanks before it. */
export function locationOf(node: ts.Node): Location {
  const source = node.getSourceFile();
  return locationAt(source, node.getStart(source));
}

/** The place of an offset (UTF-16 units from the start of the file) in `source`. */
export function locationAt(source: ts.SourceFile, offset: number): Location {
  const { line, character } = source.getLineAndCharacterOfPosition(offset);
  return { file: source.fileName, line: line + 1, column: character + 1 };
}
