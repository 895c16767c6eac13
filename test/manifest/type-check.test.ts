import { relative } from "node:path";
import { describe, expect, test } from "vitest";
import { declarationText } from "../../src/manifest/declarations.js";
import { typeCheck } from "../../src/manifest/type-check.js";

async function check(files: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const sources = new Map(Object.entries(files).map(([path, text]) => [`/repo/${path}`, text]));
  const errors = await typeCheck(sources);
  return errors.map(({ at, message, hint }) => {
    const place = at === undefined ? "-" : `${relative("/repo", at.file)}:${at.line}:${at.column}`;
    return `${place} ${message.split("\n")[0]} (${hint})`;
  });
}

const GOOD = `{ name: "a", project: "g/p", ref: { branch: "main" }, job: "b", systems: "any" }`;

describe("the type check", () => {
  test("accepts what the contract shows, without node_modules", async () => {
    const artifact = `import { defineArtifact } from "nix-artifacts";
import { SYSTEMS, type Arch } from "./systems.js";
const arch: Arch = "amd64";
export default defineArtifact({
  name: "acme-cli", description: "ACME", gitlab: "https://gitlab.example.com", project: "platform/acme-cli",
  ref: { tag: "v1", tagPrefix: "v" }, job: "build: [{os}, {arch}]", file: \`dist/\${arch}\`, systems: SYSTEMS,
  form: "executable", fetch: "require", install: { kind: "archive", bin: ["bin/acme"], stripComponents: 1 },
});`;
    const systems = `export type Arch = "amd64";
export const SYSTEMS = Object.fromEntries(["amd64"].map((arch) => [\`\${arch}-linux\`, { arch, level: 3 }]));`;
    const config = `import { defineConfig } from "nix-artifacts"; export default defineConfig({ namespace: null });`;
    const files = {
      "manifests/a.ts": artifact,
      "manifests/systems.ts": systems,
      "artifacts.config.ts": config,
    };
    expect(await check(files)).toEqual([]);
  });

  test("reports wrong types, unknown fields and mixed refs with their places", async () => {
    const head = `import { defineArtifact } from "nix-artifacts";\n`;
    const files = {
      "unknown.ts": `${head}export default defineArtifact({ ...${GOOD}, porject: 1 });`,
      "wrong.ts": `${head}export default defineArtifact({ ...${GOOD},\n  form: "fil" });`,
      "mixed.ts": `${head}export default defineArtifact({ ...${GOOD}, ref: { branch: "a", tag: "b" } });`,
    };
    expect(await check(files)).toMatchInlineSnapshot(`
      [
        "mixed.ts:2:118 Type '{ branch: string; tag: string; }' is not assignable to type 'Ref'. (correct the type (TypeScript error TS2322))",
        "unknown.ts:2:118 Object literal may only specify known properties, but 'porject' does not exist in type 'Artifact'. Did you mean to write 'project'? (correct the type (TypeScript error TS2561))",
        "wrong.ts:3:3 Type '"fil"' is not assignable to type 'Form | undefined'. Did you mean '"file"'? (correct the type (TypeScript error TS2820))",
      ]
    `);
  });

  test("reads nothing but what it is given", async () => {
    const file = `/// <reference path="/etc/hosts" />\nimport type { x } from "../../../../etc/passwd.js";\nexport type Y = typeof x;`;
    expect(await check({ "a.ts": file })).toMatchInlineSnapshot(`
      [
        "a.ts:1:22 Could not resolve the path '/etc/hosts' with the extensions: '.ts', '.tsx', '.d.ts', '.cts', '.d.cts', '.mts', '.d.mts'. (correct the type (TypeScript error TS6231))",
        "a.ts:2:24 Cannot find module '../../../../etc/passwd.js' or its corresponding type declarations. (correct the type (TypeScript error TS2307))",
      ]
    `);
  });
});

describe("the declaration file for editors", () => {
  test("declares the module by itself, with the comments", async () => {
    const text = await declarationText();
    expect(text).toMatch(/^declare module "nix-artifacts" \{\n/);
    expect(text).not.toMatch(/^\s*(import|declare (?!module))/m);
    expect(text).toContain("/** Full path of the project");
  });
});
