import { expect, test } from "vitest";
import { evaluate, nixPath, projectPath } from "./evaluate.js";

const PKGS = `(import ${nixPath(projectPath("nix/stand-in"))} { system = "x86_64-linux"; })`;
const RECIPE = `(${PKGS}.stdenvNoCC.mkDerivation (final: { pname = "acme"; version = "1"; title = final.pname + "!"; }))`;

test.each([
  ["attributes", '{ version = 2; pname = "b"; }', "b!"],
  ["a function of the old attributes", 'old: { pname = old.pname + "-b"; }', "acme-b!"],
  [
    "a function of the final and the old attributes",
    'final: old: { pname = "b"; title = final.pname + "?"; }',
    "b?",
  ],
])("overrideAttrs takes %s, and final attributes follow", async (_, change, title) => {
  expect(await evaluate(`(${RECIPE}.overrideAttrs (${change})).title`)).toBe(title);
});

test("overriding twice keeps both changes", async () => {
  const twice = `(${RECIPE}.overrideAttrs { version = "2"; }).overrideAttrs (old: { pname = "b"; })`;
  expect(await evaluate(`(${twice}).name`)).toBe("b-2");
});

test("passthru and meta are there to read, and change no derivation", async () => {
  const changed = `(${RECIPE}.overrideAttrs { passthru.tests = 1; meta.description = "x"; })`;
  expect(
    await evaluate(
      `[ ${changed}.tests ${changed}.meta.description (${changed}.drvPath == ${RECIPE}.drvPath) ]`,
    ),
  ).toEqual([1, "x", true]);
});

test("later overlays see earlier ones, and all see the final set", async () => {
  const overlays =
    "[ (final: prev: { a = 1; }) (final: prev: { b = prev.a + final.c; }) (final: prev: { c = 5; }) ]";
  const pkgs = `import ${nixPath(projectPath("nix/stand-in"))} { system = "x"; overlays = ${overlays}; }`;
  expect(await evaluate(`(${pkgs}).b`)).toBe(6);
});
