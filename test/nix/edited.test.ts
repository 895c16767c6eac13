import { readFile, writeFile } from "node:fs/promises";
import { mkdtempSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { generate } from "../../src/generate/generate.js";
import { readNixLibrary } from "../../src/generate/nix-library.js";
import { evaluate, evaluationError, nixPath, projectPath } from "./evaluate.js";
import { makeArtifact, makeLock, makeVariant } from "../make/lock.js";

const LIBRARY = `(import ${nixPath(projectPath("nix/lib"))})`;

/** Writes an overlay whose one file of data was edited; returns its folder. */
async function editedOverlay(from: string, to: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "edited-"));
  const lock = makeLock({ acme: makeArtifact({ systems: { "x86_64-linux": makeVariant() } }) });
  const options = { namespace: "artifacts", proxy: "http://127.0.0.1:7467", library: await readNixLibrary() };
  for (const { path, text } of generate(lock, options)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  const data = join(folder, "artifacts/acme.json");
  const text = await readFile(data, "utf8");
  expect(text).toContain(from);
  await writeFile(data, text.replace(from, to));
  return folder;
}

test.each([
  [
    "a hash that is none",
    "UbwPwfGR",
    "UbwP",
    '`hash` of x86_64-linux is "sha256-UbwPB',
    "artifacts/acme.json",
  ],
  [
    "the hash of something else",
    "UbwPwfGR",
    "UbwPwfGA",
    "is locked.",
    "artifact acme: name, form and hash for x86_64-linux belong to /nix/store/",
  ],
  [
    "another store name",
    '"name": "acme-linux"',
    '"name": "art.exe"',
    "acme-linux is locked.",
    "artifact acme",
  ],
  [
    "a system that is none",
    "x86_64-linux",
    "x86_64 linux",
    '`systems` has "x86_64 linux", expected a Nix system such as x86_64-linux, or any',
    "artifacts/acme.json",
  ],
  ["a missing field", "storePath", "storepath", "x86_64-linux has no `storePath`", "artifacts/acme.json"],
  ["a missing part", '"install"', '"instal"', "it has no `install`", "artifacts/acme.json"],
  [
    "what a newer version writes",
    '"fetch": "proxy"',
    '"fetch": "telepathy"',
    '`fetch` is "telepathy", expected one of ["proxy","require","impure-env"]',
    "artifacts/acme.json",
  ],
  ["another artifact", '"acme"', '"acne"', "it does not have it", "wrote for acme"],
  ["a list for an artifact", '"acme": {', '"acme": [], "x": {', "it is no object", "wrote for acme"],
])("data that was edited to have %s is an error that says what to run", async (...edit) => {
  const [, from, to, problem, place] = edit;
  const folder = await editedOverlay(from, to);
  const said = await evaluationError(
    `(import ${folder}/sources.nix { system = "x86_64-linux"; }).acme.outPath`,
  );
  expect(said).toContain(problem);
  expect(said).toContain(place);
  expect(said).toContain("artifacts generate");
});

test("data that is no JSON after a merge is an error that names the file and what writes it again", async () => {
  const folder = await editedOverlay('"acme": {', '<<<<<<< HEAD\n"acme": {');
  const said = await evaluationError(`(import ${folder}/sources.nix { }).acme.outPath`, ["--show-trace"]);
  expect(said).toContain("artifacts/acme.json, which `artifacts generate` writes again");
});

test.each([
  [
    "mkSource { artifct = 1; }",
    "mkSource: there is no argument `artifct`; it takes artifact, buildSystem, key",
  ],
  [
    "mkSources { index = { }; }",
    "mkSources: the argument `system` is missing; it takes index, system, tools (opt",
  ],
  ["mkOverlay 1", "mkOverlay: expected an attribute set; it takes index, namespace"],
])("the library says what arguments there are: %s", async (call, message) => {
  expect(await evaluationError(`${LIBRARY}.${call}`)).toContain(message);
});

test("a function of the library that is called as it should be is the function itself", async () => {
  expect(await evaluate(`${LIBRARY}.selectVariant { any = { }; } "x86_64-linux"`)).toBe("any");
});
