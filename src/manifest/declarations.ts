/** Our types for people's editors and for the type check: manifests need no `node_modules`. */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/**
 * Text of a declaration file that declares the module "nix-artifacts" and needs no other file. It is made of `index.d.ts`, which
 * imports nothing.
 */
export async function declarationText(): Promise<string> {
  // A `declare` inside of `declare module` is an error.
  const declarations = (await publicDeclarations()).replaceAll(/^export declare /gm, "export ").trimEnd();
  const body = declarations.replaceAll(/^(?=.)/gm, "  ");
  return `declare module "nix-artifacts" {\n${body}\n}\n`;
}

/** The compiler wrote `index.d.ts` beside us, or we run from our sources, where it is made of `index.ts`. */
async function publicDeclarations(): Promise<string> {
  const built = fileURLToPath(new URL("../index.d.ts", import.meta.url));
  if (existsSync(built)) return readFileSync(built, "utf8");
  const { ts } = await import("ts-morph");
  const source = readFileSync(new URL("../index.ts", import.meta.url), "utf8");
  return ts.transpileDeclaration(source, { compilerOptions: { strict: true } }).outputText;
}
