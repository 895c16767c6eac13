/** A consumer's repository in a temporary folder. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";

export interface Artifact {
  readonly name?: string;
  readonly gitlab: string;
  readonly [field: string]: unknown;
}

export const DEFAULTS = {
  name: "acme",
  project: "platform/acme",
  ref: { branch: "main" },
  job: "build",
  file: "acme",
  systems: "any",
};

/** A repository with one manifest; fields of `artifact` replace the defaults. */
export function makeRepository(artifact: Artifact, files: Readonly<Record<string, string>> = {}): string {
  const directory = mkdtempSync(join(tmpdir(), "repository-"));
  const manifest = `import { defineArtifact } from "nix-artifacts";
export default defineArtifact(${JSON.stringify({ ...DEFAULTS, ...artifact }, undefined, 2)});
`;
  for (const [path, text] of Object.entries({ "manifests/acme.ts": manifest, ...files })) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), text);
  }
  return directory;
}

/** Declares these in place of everything; what they leave out: branch main, the job "build", any system. */
export function declare(directory: string, gitlab: string, artifacts: readonly object[]): void {
  const common = { gitlab, ref: { branch: "main" }, job: "build", systems: "any" };
  const all = JSON.stringify(artifacts.map((artifact) => ({ ...common, ...artifact })));
  const text = `import { defineArtifacts } from "nix-artifacts";\nexport default defineArtifacts(${all});\n`;
  writeFileSync(join(directory, "manifests/acme.ts"), text);
}

/** Every file of a folder by relative path. */
export function readFiles(folder: string): Readonly<Record<string, string>> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Object.fromEntries(paths.sort().map((path) => [relative(folder, path), readFileSync(path, "utf8")]));
}
