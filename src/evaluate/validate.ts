/** Fits evaluated data to a schema. Every problem becomes an error that names the field, the value and what is allowed. */
import type { z } from "zod";
import { type Location, throwAll, UserError } from "../errors.js";
import type { Evaluated, Path } from "./evaluated.js";
import { flattenIssues, type Issue } from "./flatten-issues.js";
import { nearest } from "./nearest.js";
import { allowedFields, either, expectation, schemaAt } from "./schema-facts.js";
import { pathText, valueText } from "./value-text.js";

/**
 * The data, or the part of it at `path`, as the schema's output.
 *
 * @throws UserError or UserErrors: UNKNOWN_FIELD, MISSING_FIELD, INVALID_VALUE, one for each field with a problem
 */
export function validate<S extends z.ZodType>(evaluated: Evaluated, schema: S, path: Path = []): z.output<S> {
  const result = schema.safeParse(dataAt(evaluated.value, path));
  if (result.success) return result.data;
  const context: Context = { evaluated, schema, base: path };
  const errors = flattenIssues(result.error.issues).flatMap((issue) => explain(issue, context));
  throwAll(firstOfEachField(errors).map(({ error }) => error));
  throw new Error("zod refused a value without an issue");
}

interface Context {
  readonly evaluated: Evaluated;
  readonly schema: z.ZodType;
  /** Path of the part that is checked; issues count from here. */
  readonly base: Path;
}

interface Problem {
  readonly path: Path;
  readonly error: UserError;
}

/** A field that breaks one rule often breaks the next one too. */
function firstOfEachField(problems: readonly Problem[]): readonly Problem[] {
  const first = new Map<string, Problem>();
  for (const problem of problems) {
    const field = pathText(problem.path);
    if (!first.has(field)) first.set(field, problem);
  }
  return [...first.values()];
}

function explain(issue: Issue, context: Context): readonly Problem[] {
  if (issue.code === "unrecognized_keys")
    return issue.keys.map((key) => unknownField(key, issue.path, context));
  if (issue.code === "invalid_key") return [illegalKey(issue, context)];
  const value = dataAt(context.evaluated.value, [...context.base, ...issue.path]);
  if (value === undefined && issue.path.length > 0) return [missingField(issue.path, context)];
  if (issue.code === "invalid_union") return mixedForms(issue, context);
  return [invalidValue(issue, context)];
}

function unknownField(key: string, parent: Path, context: Context): Problem {
  const path = [...parent, key];
  const fields = allowedFields(context.schema, parent);
  const near = nearest(key, fields);
  const place = parent.length === 0 ? "" : ` in ${pathText(parent)}`;
  const hint = near === undefined ? `the fields here are ${fields.join(", ")}` : `did you mean ${near}?`;
  const at = context.evaluated.locateKey([...context.base, ...path]);
  return {
    path,
    error: new UserError("UNKNOWN_FIELD", `unknown field ${JSON.stringify(key)}${place}`, { hint, at }),
  };
}

function illegalKey(issue: z.core.$ZodIssueInvalidKey, context: Context): Problem {
  const [key] = issue.path.slice(-1);
  const parent = issue.path.slice(0, -1);
  const expected = issue.issues[0]?.message ?? "expected another name";
  const message = `${valueText(key)} is not allowed in ${pathText(parent)}: ${expected}`;
  const at = context.evaluated.locateKey([...context.base, ...issue.path]);
  return {
    path: issue.path,
    error: new UserError("INVALID_VALUE", message, { hint: "rename this field", at }),
  };
}

function missingField(path: Path, context: Context): Problem {
  const name = pathText(path);
  const schema = schemaAt(context.schema, path);
  const hint = `add ${name}: ${schema === undefined ? "a value" : expectation(schema)}`;
  const at = context.evaluated.locate([...context.base, ...path]);
  return { path, error: new UserError("MISSING_FIELD", `${name} is missing`, { hint, at }) };
}

/** An object that fits none of several forms: it has a field that none of them has, or fields of more than one. */
function mixedForms(issue: z.core.$ZodIssueInvalidUnion, context: Context): readonly Problem[] {
  const value = dataAt(context.evaluated.value, [...context.base, ...issue.path]);
  const known = allowedFields(context.schema, issue.path);
  const unknown = isObject(value) ? Object.keys(value).filter((key) => !known.includes(key)) : [];
  if (known.length > 0 && unknown.length > 0)
    return unknown.map((key) => unknownField(key, issue.path, context));
  return [invalidValue(issue, context)];
}

function invalidValue(issue: Issue, context: Context): Problem {
  const path = [...context.base, ...issue.path];
  const value = dataAt(context.evaluated.value, path);
  const allowed = allowedTexts(issue);
  const near = typeof value === "string" ? nearest(value, allowed) : undefined;
  const subject = issue.path.length === 0 ? "this" : pathText(issue.path);
  const at = context.evaluated.locate(path);
  if (isSecret(issue)) return { path: issue.path, error: secretValue(subject, expected(issue, context), at) };
  const message = `${subject} is ${valueText(value)}, ${expected(issue, context)}`;
  const hint = near === undefined ? undefined : `did you mean ${JSON.stringify(near)}?`;
  return { path: issue.path, error: new UserError("INVALID_VALUE", message, { hint, at }) };
}

/** A schema marks an issue with `secret` when the value may hold a credential. */
function isSecret(issue: Issue): boolean {
  return issue.code === "custom" && issue.params?.["secret"] === true;
}

/** Names the place in the message and not as a location, of which the source line would be shown. */
function secretValue(subject: string, expected: string, { file, line }: Location): UserError {
  const message = `${subject} (${file}, line ${line}) holds more than an address, ${expected}`;
  const hint = "remove it, and replace the credential if it was one: it has been in a file";
  return new UserError("INVALID_VALUE", message, { hint });
}

/** The texts of which the value should have been one. */
function allowedTexts(issue: Issue): readonly string[] {
  if (issue.code === "invalid_value") return issue.values.map(String);
  if (issue.code === "invalid_union" && "options" in issue) return issue.options?.map(String) ?? [];
  return [];
}

/** The rule that was broken. Our schemas' own messages begin with "expected"; zod's are put into words here. */
function expected(issue: Issue, context: Context): string {
  if (issue.message.startsWith("expected")) return issue.message;
  const texts = allowedTexts(issue);
  if (texts.length > 0) return `expected ${either(texts.map((text) => JSON.stringify(text)))}`;
  if (issue.code === "too_small") return `expected at least ${issue.minimum}${UNITS.get(issue.origin) ?? ""}`;
  if (issue.code === "too_big") return `expected at most ${issue.maximum}${UNITS.get(issue.origin) ?? ""}`;
  if (issue.code === "invalid_type" && issue.expected === "int") return "expected a whole number";
  const schema = schemaAt(context.schema, issue.path);
  return `expected ${schema === undefined ? "another value" : expectation(schema)}`;
}

const UNITS: ReadonlyMap<string, string> = new Map([
  ["string", " characters"],
  ["array", " items"],
]);

function dataAt(value: unknown, path: Path): unknown {
  const [first, ...rest] = path;
  if (first === undefined) return value;
  return isObject(value) && Object.hasOwn(value, first) ? dataAt(value[first], rest) : undefined;
}

function isObject(value: unknown): value is Readonly<Record<PropertyKey, unknown>> {
  return typeof value === "object" && value !== null;
}
