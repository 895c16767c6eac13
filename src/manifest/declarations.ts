/** Our types for people's editors and for the type check: manifests need no `node_modules`. */
import { existsSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";

/** Made once by the build, so that no command pays for it. */
const BUILT = new URL("../nix-artifacts.d.ts", import.meta.url);

/** Part of this package, so that one process needs it once, whatever number of repositories it works on. */
let known: Promise<string> | undefined;

/** Text of a declaration file that declares the module "nix-artifacts" and needs no other file. */
export function declarationText(): Promise<string> {
  known ??= existsSync(BUILT) ? readFile(BUILT, "utf8") : makeDeclarationText();
  return known;
}

/** As `declarationText`, from `index.d.ts`, or from `index.ts` where that is not compiled. It imports nothing. */
export async function makeDeclarationText(): Promise<string> {
  const { format } = await import("prettier");
  // A `declare` inside of `declare module` is an error.
  const body = (await publicDeclarations()).replaceAll(/^export declare /gm, "export ");
  return format(`declare module "nix-artifacts" {\n${body}\n}\n`, { parser: "typescript" });
}

async function publicDeclarations(): Promise<string> {
  const compiled = new URL("../index.d.ts", import.meta.url);
  if (existsSync(compiled)) return readFileSync(compiled, "utf8");
  const { ts } = await import("ts-morph");
  const source = readFileSync(new URL("../index.ts", import.meta.url), "utf8");
  return ts.transpileDeclaration(source, { compilerOptions: { strict: true } }).outputText;
}
