import { isDeepStrictEqual } from "node:util";
import { describe, expect, test } from "vitest";
import { NixPath, printNix } from "../../src/generate/nix-value.js";
import { evaluate, evaluationError } from "../nix/evaluate.js";
import { randomFrom, randomNix } from "./random-values.js";

describe("real Nix reads back exactly what went in", () => {
  // One evaluation reads many values: 100,000 in all.
  test.each([1, 2, 3, 4])("for 25,000 random values of seed %i", async (seed) => {
    const random = randomFrom(seed);
    const values = Array.from({ length: 25_000 }, () => randomNix(random));
    expect(isDeepStrictEqual(await evaluate(printNix(values)), values)).toBe(true);
  });

  test("for every character of the first plane that Nix can hold", async () => {
    const text = Array.from({ length: 0x10000 - 1 }, (_, index) => index + 1)
      .filter((code) => code < 0xd800 || code > 0xdfff)
      .map((code) => String.fromCharCode(code));
    expect(await evaluate(printNix([text.join(""), ...text.slice(0, 0x300)]))).toEqual([
      text.join(""),
      ...text.slice(0, 0x300),
    ]);
  });
});

describe("layout", () => {
  test("one element a line, empty ones on one", () => {
    expect(printNix({ a: [], b: {}, c: [null, "x"], d: { if: null, e: undefined } })).toBe(
      [
        "{",
        "  a = [ ];",
        "  b = { };",
        "  c = [",
        "    null",
        '    "x"',
        "  ];",
        "  d = {",
        '    "if" = null;',
        "  };",
        "}",
      ].join("\n"),
    );
  });

  test("elements of a list that are not one term are in parentheses", () => {
    expect(printNix(["\u001b"])).toBe('[\n  (builtins.fromJSON "\\"\\\\u001b\\"")\n]');
  });

  test("a character that reorders text is visible", () => {
    expect(printNix("a\u202eb")).toBe('builtins.fromJSON "\\"a\\\\u202eb\\""');
  });

  test("letters of all languages stand as they are", () => {
    expect(printNix("Größe 日本")).toBe('"Größe 日本"');
  });
});

describe("refused", () => {
  test.each([
    ["a NUL", "a\0b"],
    ["a lone surrogate", "\ud800"],
    ["an attribute name that cannot be seen", { "\u001b": "" }],
  ])("%s", (_, value) => {
    expect(() => printNix(value)).toThrow(/NUL|Unicode|attribute name/);
  });

  test.each(["/etc/passwd", "../a", "./a/../b", "./${x}", "./a b", "a", "./", "./.git"])(
    "%s as a path",
    (path) => {
      expect(() => new NixPath(path)).toThrow("not a plain relative path");
    },
  );
});

test("a path is a path for Nix, not a string", async () => {
  expect(await evaluationError(printNix(new NixPath("./absent.nix")))).toContain("absent.nix");
});
