import { describe, expect, test } from "vitest";
import { codeOwnersOf } from "../../../src/bump/apply/code-owners.js";

const LOCK = "artifacts.lock.json";

describe("patterns mean what they mean to GitLab", () => {
  test.each([
    ["*", LOCK, true],
    ["*", "nix/artifacts/overlay.nix", true],
    ["/*", LOCK, true],
    ["/*", "nix/overlay.nix", false],
    ["overlay.nix", "nix/artifacts/overlay.nix", true],
    ["/overlay.nix", "nix/artifacts/overlay.nix", false],
    ["artifacts/overlay.nix", "nix/artifacts/overlay.nix", true],
    ["*.nix", "nix/.hidden.nix", true],
    ["nix/", "nix/artifacts/overlay.nix", true],
    ["/artifacts/", "nix/artifacts/overlay.nix", false],
    ["nix", "nix/artifacts/overlay.nix", false],
    ["/nix/*", "nix/artifacts/overlay.nix", false],
    ["/nix/**/*.nix", "nix/a/b/c.nix", true],
    ["/nix/**/*.nix", "nix/c.nix", true],
    ["/nix/**", "nix/a/c.nix", false],
    ["/nix/*/overlay.nix", "nix/artifacts/overlay.nix", true],
    ["artifacts?lock.json", LOCK, true],
    ["/nix?a.nix", "nix/a.nix", false],
    ["[ab]*.json", LOCK, true],
    ["[!a]*.json", LOCK, false],
    ["[b-a].json", LOCK, false],
    ["artifacts.lock.jso", LOCK, false],
    ["artifacts+lock.json", LOCK, false],
    [String.raw`\#a.ts`, "#a.ts", true],
    [String.raw`a\ b.ts`, "a b.ts", true],
    ["(a|b).ts", "a.ts", false],
  ])("%s and %s: %s", (pattern, path, owned) => {
    expect(codeOwnersOf(`${pattern} @alice`, [path]).names).toEqual(owned ? ["alice"] : []);
  });
});

test("the last line of a section that matches counts, and every section does", () => {
  const text = `
# @nobody
* @default
${LOCK} @early @late

[Nix] @nix
*.nix
*.json @json
^[Optional][2] @optional
*.md
[NIX]
/nix/special.nix @special
`;

  expect(codeOwnersOf(text, [LOCK]).names).toEqual(["early", "late", "json"]);
  expect(codeOwnersOf(text, ["nix/a.nix"]).names).toEqual(["default", "nix"]);
  expect(codeOwnersOf(text, ["nix/special.nix"]).names).toEqual(["default", "special"]);
  expect(codeOwnersOf(text, ["README.md", LOCK]).names).toEqual([
    "default",
    "early",
    "late",
    "json",
    "optional",
  ]);
});

test("what a section excludes, nothing in it includes again", () => {
  const text = `* @all\n!*.json\n${LOCK} @lock\n[Data]\n*.json @data\n`;

  expect(codeOwnersOf(text, [LOCK]).names).toEqual(["data"]);
});

test("groups below groups, roles and addresses are told apart, and what is no owner is nobody", () => {
  const text = "* @alice @platform/tools @@maintainer dev@example.com # @bob @ @a`b <x> @../..\n";

  expect(codeOwnersOf(text, [LOCK])).toEqual({
    names: ["alice", "bob"],
    others: ["@platform/tools", "@@maintainer", "dev@example.com"],
  });
});

test.each([
  [`${"*a".repeat(7)}b`, "a".repeat(100)],
  [`${"**/a/".repeat(7)}b`, `${"a/".repeat(100)}c`],
])("a pattern with more wildcards than anybody needs is answered like any other: %s", (pattern, path) => {
  expect(codeOwnersOf(`/${pattern} @alice`, [path]).names).toEqual([]);
});

test("a file of very many lines is read like any other", () => {
  expect(codeOwnersOf(`${"*.md @alice\n".repeat(80_000)}*.json @bob\n`, [LOCK]).names).toEqual(["bob"]);
});
