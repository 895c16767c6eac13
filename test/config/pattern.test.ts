import { expect, test } from "vitest";
import { matches } from "../../src/config/pattern.js";

test.each([
  ["acme", "acme", true],
  ["acme", "acme-cli", false],
  ["acme-*", "acme-", true],
  ["acme-*", "acme", false],
  ["*-cli", "acme-cli", true],
  ["*", "", true],
  ["**", "acme", true],
  ["a*a", "a", false],
  ["a*a", "aa", true],
  ["a*b*c", "a-b-b-c", true],
  ["a*b*c", "a-c-b", false],
  ["*ab*ab", "xab", false],
  ["release/*", "release/1.x/lts", true],
  ["release/1.*", "release/1x", false],
  ["*.$", "a.$", true],
])("%s means %s: %s", (pattern, name, isMeant) => {
  expect(matches(pattern, name)).toBe(isMeant);
});

test("a pattern with more wildcards than anybody needs is answered like any other", () => {
  const name = "a".repeat(100);

  expect(matches(`${"*a".repeat(7)}b`, name)).toBe(false);
  expect(matches(`${"*a".repeat(7)}*`, name)).toBe(true);
});
