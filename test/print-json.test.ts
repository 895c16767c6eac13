import { isDeepStrictEqual } from "node:util";
import { format } from "prettier";
import { describe, expect, test } from "vitest";
import { printJson } from "../src/print-json.js";
import { evaluate, nixString } from "./nix/evaluate.js";
import { randomFrom, randomJson } from "./generate/random-values.js";

test("real Nix reads back exactly what went in, for 25,000 random values", async () => {
  const random = randomFrom(5);
  const values = Array.from({ length: 25_000 }, () => randomJson(random));
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
    ["not a number", Number.NaN],
  ])("%s", (_, value) => {
    expect(() => printJson([value])).toThrow(/NUL|Unicode|integer/);
  });
});
