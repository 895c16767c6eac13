/** What a zod schema allows, in words. Errors say it, so that they cannot drift from what is checked. */
import { z } from "zod";
import type { Path } from "./evaluated.js";

/** What `schema` accepts, to go after "expected": its description, or what follows from its kind. */
function expectation(schema: z.core.$ZodType): string {
  const inner = unwrapped(schema);
  const description = z.globalRegistry.get(inner)?.description ?? z.globalRegistry.get(schema)?.description;
  if (description !== undefined) return description;
  if (inner instanceof z.ZodUnion) return either(inner.options.map(expectation));
  if (inner instanceof z.ZodEnum) return either(inner.options.map(String).map(quoted));
  if (inner instanceof z.ZodLiteral) return either([...inner.values].map(literal));
  if (inner instanceof z.ZodObject) return shapeText(inner);
  return (inner instanceof z.ZodType && KINDS.get(inner.def.type)) || "another value";
}

const KINDS: ReadonlyMap<string, string> = new Map([
  ["array", "an array"],
  ["boolean", "true or false"],
  ["null", "null"],
  ["number", "a number"],
  ["record", "an object"],
  ["string", "a text"],
]);

/** The fields that an object may have at `path`, in all forms that it may take there. */
export function allowedFields(schema: z.core.$ZodType, path: Path): readonly string[] {
  const names = schemasAt(schema, path).flatMap((it) =>
    it instanceof z.ZodObject ? Object.keys(it.shape) : [],
  );
  return [...new Set(names)];
}

/** The schemas that apply at `path`: several below a union, none where nothing is allowed. */
function schemasAt(schema: z.core.$ZodType, path: Path): readonly z.core.$ZodType[] {
  const inner = unwrapped(schema);
  if (inner instanceof z.ZodUnion) return inner.options.flatMap((option) => schemasAt(option, path));
  const [first, ...rest] = path;
  if (first === undefined) return [inner];
  const next = below(inner, first);
  return next === undefined ? [] : schemasAt(next, rest);
}

/** What is accepted at `path`. */
export function expectationAt(schema: z.core.$ZodType, path: Path): string {
  const [last] = path.slice(-1);
  if (last === undefined) return expectation(schema);
  const texts = schemasAt(schema, path.slice(0, -1)).flatMap((parent) => {
    const found = below(parent, last);
    return found === undefined ? [] : [expectation(found)];
  });
  return texts.length === 0 ? "another value" : either([...new Set(texts)]);
}

function below(schema: z.core.$ZodType, key: PropertyKey): z.core.$ZodType | undefined {
  if (schema instanceof z.ZodObject) {
    const shape: Readonly<Record<PropertyKey, z.core.$ZodType>> = schema.shape;
    return Object.hasOwn(shape, key) ? shape[key] : undefined;
  }
  if (schema instanceof z.ZodRecord) return schema.valueType;
  return schema instanceof z.ZodArray ? schema.element : undefined;
}

function unwrapped(schema: z.core.$ZodType): z.core.$ZodType {
  return schema instanceof z.ZodOptional ? unwrapped(schema.unwrap()) : schema;
}

/** `{ kind: "binary", name? }` */
function shapeText(schema: z.ZodObject): string {
  const names = Object.entries(schema.shape).map(([name, field]) => {
    if (field instanceof z.ZodLiteral) return `${name}: ${expectation(field)}`;
    return field instanceof z.ZodOptional ? `${name}?` : name;
  });
  return `{ ${names.join(", ")} }`;
}

/** "a", "a or b", "a, b or c" */
export function either(words: readonly string[]): string {
  const [last] = words.slice(-1);
  const others = words.slice(0, -1);
  return others.length === 0 ? String(last) : `${others.join(", ")} or ${last}`;
}

function literal(value: unknown): string {
  return typeof value === "string" ? quoted(value) : String(value);
}

function quoted(text: string): string {
  return JSON.stringify(text);
}
