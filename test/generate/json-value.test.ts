import { isDeepStrictEqual } from "node:util";
import { format } from "prettier";
import { describe, expect, test } from "vitest";
import { printJson, type JsonValue } from "../../src/generate/json-value.js";
import { evaluate, nixString } from "../nix/evaluate.js";
import { randomFrom, randomValue } from "./random-values.js";

/** Random values of JSON: those of Nix without paths, which the generator makes none of. */
function randomValues(seed: number, count: number): JsonValue[] {
  const random = randomFrom(seed);
  return Array.from({ length: count }, () => randomValue(random) as JsonValue); // see above
}

test("real Nix reads back exactly what went in, for 25,000 random values", async () => {
  const values = randomValues(5, 25_000);
  const read = await evaluate(`builtins.fromJSON ${nixString(printJson(values))}`);
  expect(isDeepStrictEqual(read, values)).toBe(true);
});

test("prettier has nothing to change", async () => {
  const lists = [[], ["a"], ["x".repeat(36), "y".repeat(36)], ["x".repeat(36), "y".repeat(37)], [["a"], []]];
  const value = { install: { bin: ["bin/acme"], environment: {} }, lists, long: "x".repeat(200) };
  const text = `${printJson(value)}\n`;
  expect(await format(text, { parser: "json" })).toBe(text);
});

test("what an editor does not show is escaped, and letters of all languages stand as they are", () => {
  expect(printJson({ "\u202e": "\u001b[2J \ufeff Größe 日本" })).toBe(
    '{\n  "\\u202e": "\\u001b[2J \\ufeff Größe 日本"\n}',
  );
});

describe("refused", () => {
  test.each([
    ["a NUL", "a\0b"],
    ["a lone surrogate", "\ud800"],
    ["a fraction", 0.5],
    ["an integer beyond 2^53", 2 ** 53],
  ])("%s", (_, value) => {
    expect(() => printJson([value])).toThrow(/NUL|Unicode|integer/);
  });
});
