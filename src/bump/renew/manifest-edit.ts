/**
 * Changes of a constraint in a manifest, in place: the literal alone is replaced, and everything around it stays byte for byte. It is
 * edited only where the artifact itself is declared; what several artifacts share is for people to change.
 */
import {
  Node,
  type ObjectLiteralExpression,
  Project,
  type PropertyAssignment,
  type SourceFile,
  SyntaxKind,
} from "ts-morph";
import type { Location } from "../../errors.js";

/** A new text for one field of the object literal at a place. */
export interface ManifestEdit {
  /** Relative to the repository. */
  readonly path: string;
  /** Where the value of `ref` begins. */
  readonly at: Location;
  readonly field: "semver" | "tag";
  readonly value: string;
}

/** Where an artifact and its constraint are written. */
export interface Written {
  /** The value of `name`. */
  readonly name: Location;
  /** The value of `ref`. */
  readonly ref: Location;
  readonly field: ManifestEdit["field"];
  /** What it says now. */
  readonly value: string;
}

/** Why the constraint cannot be edited, in words that end a sentence; undefined when it can be. */
export function whyNotEditable(text: string, { name, ref, field, value }: Written): string | undefined {
  if (name.file !== ref.file) return "its ref is written in another file than the artifact";
  const source = parse(text);
  const object = objectAt(source, ref);
  if (object === undefined) return `its ref is the constant ${nodeAt(source, ref).getText().slice(0, 60)}`;
  const property = object.getParentIfKind(SyntaxKind.PropertyAssignment)?.getParent();
  const names = Node.isObjectLiteralExpression(property) ? initializerOf(property, "name") : undefined;
  if (names === undefined || names.getStart() !== offsetOf(source, name))
    return "its ref is not written where the artifact is declared";
  const isPlain = literalOf(object, field)?.getLiteralValue() === value;
  return isPlain ? undefined : `its ${field} is not written as a plain text`;
}

/** The text with the edits, which must be editable. */
export function edited(text: string, edits: readonly ManifestEdit[]): string {
  const source = parse(text);
  const last = [...edits].sort(({ at: a }, { at: b }) => b.line - a.line || b.column - a.column);
  for (const { at, field, value } of last) {
    const object = objectAt(source, at);
    const literal = object && literalOf(object, field);
    if (literal === undefined) throw new Error(`there is no ${field} at ${at.line}:${at.column}`);
    literal.setLiteralValue(value);
  }
  return source.getFullText();
}

function parse(text: string): SourceFile {
  const project = new Project({ useInMemoryFileSystem: true, skipLoadingLibFiles: true });
  return project.createSourceFile("manifest.ts", text);
}

function offsetOf(source: SourceFile, { line, column }: Location): number {
  return source.compilerNode.getPositionOfLineAndCharacter(line - 1, column - 1);
}

function nodeAt(source: SourceFile, at: Location): Node {
  return source.getDescendantAtPos(offsetOf(source, at)) ?? source;
}

/** What stands there is the brace that begins it. */
function objectAt(source: SourceFile, at: Location): ObjectLiteralExpression | undefined {
  const object = nodeAt(source, at).getParent();
  return Node.isObjectLiteralExpression(object) && object.getStart() === offsetOf(source, at)
    ? object
    : undefined;
}

function initializerOf(object: ObjectLiteralExpression, name: string): Node | undefined {
  const properties = object.getProperties().filter((property) => Node.isPropertyAssignment(property));
  return properties.findLast((property) => nameOf(property) === name)?.getInitializer();
}

function nameOf(property: PropertyAssignment): string {
  const name = property.getNameNode();
  return Node.isStringLiteral(name) ? name.getLiteralValue() : name.getText();
}

function literalOf(object: ObjectLiteralExpression, field: string) {
  const literal = initializerOf(object, field);
  return Node.isStringLiteral(literal) || Node.isNoSubstitutionTemplateLiteral(literal) ? literal : undefined;
}
