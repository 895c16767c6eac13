/** What zod found → what a person can mend. */
import type { z } from "zod";
import { type Location, UserError } from "../errors.js";
import type { Evaluated, Path } from "./evaluated.js";
import type { Issue } from "./flatten-issues.js";
import { nearest } from "./nearest.js";
import { allowedFields, either, expectationAt } from "./schema-facts.js";
import { hasUserInfo, pathText, valueText } from "./value-text.js";

export interface Context {
  readonly evaluated: Evaluated;
  readonly schema: z.ZodType;
  /** Path of the part that is checked; the paths of issues and problems count from here. */
  readonly base: Path;
}

export interface Problem {
  readonly path: Path;
  readonly error: UserError;
}

export function explainIssue(issue: Issue, context: Context): readonly Problem[] {
  const value = valueAt(context.evaluated.value, [...context.base, ...issue.path]);
  if (issue.code === "unrecognized_keys") return unknownFields(issue, issue.keys, context);
  if (issue.code === "invalid_key") return [illegalKey(issue, context)];
  if (value === undefined && issue.path.length > 0) return [missingField(issue, context)];
  if (issue.code === "invalid_union" && isObject(value) && !Array.isArray(value))
    return unknownFields(issue, Object.keys(value), context);
  return [invalidValue(issue, value, context)];
}

/** Of an object that fits no form: the fields that no form has, or else the mixture of several forms. */
function unknownFields(issue: Issue, keys: readonly string[], context: Context): readonly Problem[] {
  const fields = allowedFields(context.schema, issue.path);
  const unknown = keys.filter((key) => !fields.includes(key));
  if (unknown.length > 0) return unknown.map((key) => unknownField([...issue.path, key], fields, context));
  const value = valueAt(context.evaluated.value, [...context.base, ...issue.path]);
  return [invalidValue(issue, value, context)];
}

function unknownField(path: Path, fields: readonly string[], { evaluated, base }: Context): Problem {
  const key = String(path.at(-1));
  const parent = path.slice(0, -1);
  const place = parent.length === 0 ? "" : ` in ${pathText(parent)}`;
  const near = nearest(key, fields);
  const hint = near === undefined ? `the fields here are ${fields.join(", ")}` : `did you mean ${near}?`;
  const at = evaluated.locateKey([...base, ...path]);
  return {
    path,
    error: new UserError("UNKNOWN_FIELD", `unknown field ${valueText(key)}${place}`, { hint, at }),
  };
}

function illegalKey({ path, issues }: z.core.$ZodIssueInvalidKey, { evaluated, base }: Context): Problem {
  const expected = issues[0]?.message ?? "expected another name";
  const message = `${valueText(path.at(-1))} is not allowed in ${pathText(path.slice(0, -1))}: ${expected}`;
  const at = evaluated.locateKey([...base, ...path]);
  return { path, error: new UserError("INVALID_VALUE", message, { hint: "rename this field", at }) };
}

function missingField({ code, message, path }: Issue, { evaluated, schema, base }: Context): Problem {
  const name = pathText(path);
  const expected = code === "custom" ? message.replace(/^expected /, "") : expectationAt(schema, path);
  const hint = `add ${name} (${expected})`;
  const at = evaluated.locate([...base, ...path]);
  return { path, error: new UserError("MISSING_FIELD", `${name} is missing`, { hint, at }) };
}

function invalidValue(issue: Issue, value: unknown, context: Context): Problem {
  const { path } = issue;
  const name = path.length === 0 ? "this" : pathText(path);
  const at = context.evaluated.locate([...context.base, ...path]);
  const expected = expectedText(issue, context);
  if (isSecret(issue, value)) return { path, error: secretValue(name, expected, at) };
  const near = typeof value === "string" ? nearest(value, allowedTexts(issue)) : undefined;
  const hint = near === undefined ? undefined : `did you mean ${valueText(near)}?`;
  const message = `${name} is ${valueText(value)}, ${expected}`;
  return { path, error: new UserError("INVALID_VALUE", message, { hint, at }) };
}

/** A URL with a user name, or a value of which its schema says that it may hold a credential. */
function isSecret(issue: Issue, value: unknown): boolean {
  if (typeof value === "string" && hasUserInfo(value)) return true;
  return issue.code === "custom" && issue.params?.["secret"] === true;
}

/** Names the place in the message and not as a location, of which the source line would be shown. */
function secretValue(name: string, expected: string, { file, line }: Location): UserError {
  const message = `${name} (${file}, line ${line}) may hold a credential, ${expected}`;
  const hint = "remove it, and replace the credential if it was one: it has been in a file";
  return new UserError("INVALID_VALUE", message, { hint });
}

/** The rule that was broken. Our schemas' own messages begin with "expected"; zod's are put into words here. */
function expectedText(issue: Issue, { schema }: Context): string {
  if (issue.message.startsWith("expected")) return issue.message;
  const texts = allowedTexts(issue);
  if (texts.length > 0) return `expected ${either(texts.map(valueText))}`;
  if (issue.code === "too_small") {
    const bound = issue.inclusive === false ? "more than" : "at least";
    return `expected ${bound} ${amount(issue.minimum, issue.origin)}`;
  }
  if (issue.code === "too_big") return `expected at most ${amount(issue.maximum, issue.origin)}`;
  if (issue.code === "invalid_type" && issue.expected === "int") return "expected a whole number";
  return `expected ${expectationAt(schema, issue.path)}`;
}

/** `1 item`, `3 characters`, `20` */
function amount(bound: number | bigint, origin: string): string {
  const unit = UNITS.get(origin);
  return unit === undefined ? String(bound) : `${bound} ${unit}${Number(bound) === 1 ? "" : "s"}`;
}

const UNITS: ReadonlyMap<string, string> = new Map([
  ["string", "character"],
  ["array", "item"],
]);

/** The texts of which the value should have been one. */
function allowedTexts(issue: Issue): readonly string[] {
  if (issue.code === "invalid_value") return issue.values.map(String);
  if (issue.code === "invalid_union" && "options" in issue) return issue.options?.map(String) ?? [];
  return [];
}

/** The part of `value` at `path`; undefined when there is none. */
export function valueAt(value: unknown, path: Path): unknown {
  const [first, ...rest] = path;
  if (first === undefined) return value;
  return isObject(value) && Object.hasOwn(value, first) ? valueAt(value[first], rest) : undefined;
}

function isObject(value: unknown): value is Readonly<Record<PropertyKey, unknown>> {
  return typeof value === "object" && value !== null;
}
