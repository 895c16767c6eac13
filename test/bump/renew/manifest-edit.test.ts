import { describe, expect, test } from "vitest";
import { edited, whyNotEditable } from "../../../src/bump/renew/manifest-edit.js";
import { raisedRange } from "../../../src/bump/renew/raised-range.js";

const FILE = "/repo/manifests/acme.ts";

/** The place of a piece of a text. */
function placeOf(text: string, piece: string) {
  const before = text.slice(0, text.indexOf(piece)).split("\n");
  return { file: FILE, line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

function edit(text: string, field: "semver" | "tag", value: string, ref = "{ /* ref */"): string {
  return edited(text, [{ path: "manifests/acme.ts", at: placeOf(text, ref), field, value }]);
}

test("only the literal changes: comments, quotes, order and odd formatting stay", () => {
  const text = `// The ACME tool "^1.2"
import { defineArtifact } from 'nix-artifacts'
export default defineArtifact({
    name: 'acme',   project: "platform/acme",
  ref: { /* ref */ tagPrefix: 'v' , semver: '^1.2' /* for the LTS, "^1.2" */, },   // why
\tjob: "build", systems: "any"
})
`;

  expect(edit(text, "semver", "^2.0")).toBe(text.replace("semver: '^1.2'", "semver: '^2.0'"));
});

test.each([
  ['{ /* ref */ tag: "v1.2.3" }', "tag", "v2.0.0", '{ /* ref */ tag: "v2.0.0" }'],
  ["{ /* ref */ semver: `~1.2` }", "semver", "~2.0", "{ /* ref */ semver: `~2.0` }"],
  ['{ /* ref */ "semver": "1.x" }', "semver", "2.x", '{ /* ref */ "semver": "2.x" }'],
  ["{ /* ref */ tag: '1.0' }", "tag", 'it\'s "2"', "{ /* ref */ tag: 'it\\'s \"2\"' }"],
] as const)("%s with %s %s is %s", (ref, field, value, expected) => {
  const text = `export default defineArtifact({ name: "acme", ref: ${ref}, job: "b" });\r\n`;

  expect(edit(text, field, value)).toBe(text.replace(ref, expected));
});

test("two artifacts of one file are edited at once", () => {
  const text = `export default defineArtifacts([
  { name: "a", ref: { semver: "^1" } }, // one
  { name: "b", ref: { semver: "^1.2.3" } },
]);
`;
  const at = (piece: string) => placeOf(text, piece);

  const after = edited(text, [
    { path: "x", at: at('{ semver: "^1" }'), field: "semver", value: "^10" },
    { path: "x", at: at('{ semver: "^1.2.3" }'), field: "semver", value: "^2.0.0" },
  ]);

  expect(after).toBe(text.replace('"^1"', '"^10"').replace("^1.2.3", "^2.0.0"));
});

describe("what is not written where the artifact is declared is explained, not edited", () => {
  test.each([
    [
      "a constant",
      'const RANGE = { semver: "^1" };\nexport default defineArtifact({ name: "acme", ref: RANGE });',
      "RANGE });",
      "its ref is the constant RANGE",
    ],
    [
      "a constant for the range",
      'const RANGE = "^1";\nexport default defineArtifact({ name: "acme", ref: { semver: RANGE } });',
      "{ semver",
      "its semver is not written as a plain text",
    ],
    [
      "a template",
      'const M = 1;\nexport default defineArtifact({ name: "acme", ref: { semver: `^${M}` } });',
      "{ semver",
      "its semver is not written as a plain text",
    ],
    [
      "a field that a spread replaces",
      'const NEW = { semver: "^1" };\nexport default defineArtifact({ name: "acme", ref: { semver: "^9", ...NEW } });',
      '{ semver: "^9"',
      "its semver is not written as a plain text",
    ],
    [
      "a spread",
      'const COMMON = { ref: { semver: "^1" } };\nexport default defineArtifact({ ...COMMON, name: "acme" });',
      "{ semver",
      "its ref is not written where the artifact is declared",
    ],
  ])("%s", (_what, text, ref, why) => {
    const written = {
      name: placeOf(text, '"acme"'),
      ref: placeOf(text, ref),
      field: "semver",
      value: "^1",
    } as const;

    expect(whyNotEditable(text, written)).toBe(why);
  });

  test("another file", () => {
    const text = 'export default defineArtifact({ name: "acme", ref: SHARED });';
    const ref = { file: "/repo/manifests/shared.ts", line: 1, column: 1 };

    expect(
      whyNotEditable(text, { name: placeOf(text, '"acme"'), ref, field: "semver", value: "^1" }),
    ).toMatch(/another file/);
  });
});

test.each([
  ["^1.2", "2.0.1", "^2.0"],
  ["^1", "2.3.4", "^2"],
  ["~1.2.3", "2.0.1", "~2.0.1"],
  ["1.x", "2.3.4", "2.x"],
  ["1.2.*", "2.3.4", "2.3.*"],
  ["=1.2.3", "1.3.0", "=1.3.0"],
  ["1.2.3", "2.0.0", "2.0.0"],
  ["^1.2.3-rc.1", "2.0.0-rc.2", "^2.0.0-rc.2"],
  ["^1.2", "2.0.0-rc.2", "^2.0.0-rc.2"],
  [">=1 <2", "2.0.0", undefined],
  ["^1 || ^2", "3.0.0", undefined],
  ["1.0 - 1.5", "2.0.0", undefined],
])("a range of %s around %s is %s", (range, version, expected) => {
  expect(raisedRange(range, version)).toBe(expected);
});
