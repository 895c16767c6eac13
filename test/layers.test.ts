import { readdirSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { type ExportDeclaration, type ImportDeclaration, Node, Project } from "ts-morph";
import { describe, expect, test } from "vitest";

const SOURCE = fileURLToPath(new URL("../src", import.meta.url));

/** Files of src/ itself that any folder may use. */
const SHARED = [
  "errors",
  "artifact",
  "redact",
  "make-directory",
  "read-text",
  "transient-status",
  "connector",
  "network-code",
  "write-file",
  "print-json",
  "program",
  "version",
];

/** What each folder may import, besides itself and SHARED. `types:x` allows only the types of x. */
const RULE: Record<string, readonly string[]> = {
  evaluate: [],
  config: ["evaluate", "manifest"],
  manifest: ["evaluate"],
  resolve: ["types:manifest", "types:lock", "types:gitlab", "gitlab"],
  hash: ["types:resolve", "types:lock", "types:gitlab", "store"],
  lock: ["types:manifest", "types:resolve", "types:hash", "gitlab"],
  generate: ["types:lock", "store"],
  gitlab: ["credentials"],
  credentials: [],
  store: [],
  fetch: ["types:lock", "types:gitlab", "hash", "store"],
  cache: ["types:credentials", "credentials", "hash", "store"],
  publish: ["types:fetch", "types:lock", "types:gitlab", "gitlab", "cache", "hash", "store"],
  upload: ["cache", "publish", "store"],
  proxy: [
    "config",
    "types:lock",
    "lock",
    "types:gitlab",
    "gitlab",
    "types:credentials",
    "hash",
    "store",
    "generate",
    "terminal",
  ],
  bump: [
    "config",
    "lock",
    "gitlab",
    "hash",
    "resolve",
    "terminal",
    "types:manifest",
    "pipeline",
    "types:pipeline-context",
    "project",
    "read-project",
    "output",
  ],
  init: ["config", "generate", "lock", "output", "project"],
  simulator: [],
  terminal: [],
  doctor: ["types:lock", "lock"],
  demo: ["credentials", "simulator"],
};

/** Folders of the bot in the order of a run: each may import those before it. */
const RUN_OF_THE_BOT = ["renew", "situation", "describe", "plan", "apply", "dashboard"];

interface Import {
  readonly from: string;
  readonly file: string;
  readonly to: string;
  readonly typeOnly: boolean;
  readonly specifier: string;
  /** What is imported, below src/; empty for a package. */
  readonly target: string;
}

const imports = readImports();

describe("each folder imports only what the rule in ARCHITECTURE.md allows", () => {
  test.each(Object.keys(RULE))("%s", (folder) => {
    const allowed = new Set([folder, ...SHARED, ...(RULE[folder] ?? [])]);
    const broken = imports
      .filter(({ from, to }) => from === folder && to !== "")
      .filter(({ to, typeOnly }) => !allowed.has(to) && !(typeOnly && allowed.has(`types:${to}`)));

    expect(broken.map(({ file, specifier }) => `${file} imports ${specifier}`)).toEqual([]);
  });
});

test("every folder has a rule", () => {
  const folders = readdirSync(SOURCE, { withFileTypes: true }).filter((entry) => entry.isDirectory());

  expect(folders.map(({ name }) => name).sort()).toEqual([...Object.keys(RULE), "commands"].sort());
});

test("folders of the bot are those of a run, and import no later one and no file above them", () => {
  const folders = readdirSync(join(SOURCE, "bump"), { withFileTypes: true }).filter((entry) =>
    entry.isDirectory(),
  );
  const rankOf = (path: string) => {
    const [first, folder = "", file] = path.split("/");
    if (first !== "bump") return undefined;
    return file === undefined ? RUN_OF_THE_BOT.length : RUN_OF_THE_BOT.indexOf(folder);
  };
  const back = imports.filter(({ file, target }) => (rankOf(target) ?? -1) > (rankOf(file) ?? Infinity));

  expect(folders.map(({ name }) => name).sort()).toEqual(RUN_OF_THE_BOT.toSorted());
  expect(back.map(({ file, specifier }) => `${file} imports ${specifier}`)).toEqual([]);
});

test("only the command line imports commands", () => {
  const importers = imports.filter(({ to, from }) => to === "commands" && from !== "commands");

  expect(new Set(importers.map(({ file }) => file))).toEqual(new Set(["command-line.ts", "execute.ts"]));
});

test("child processes are started in six places only", () => {
  const files = imports
    .filter(({ specifier, typeOnly }) => !typeOnly && /^(node:)?child_process$/.test(specifier))
    .map(({ file }) => file);

  expect([...new Set(files)].sort()).toEqual([
    "demo/real-binaries.ts",
    "demo/shell.ts",
    "program.ts",
    "publish/xz.ts",
    "store/nix.ts",
    "upload/hook.ts",
  ]);
});

function readImports(): Import[] {
  const project = new Project({ skipAddingFilesFromTsConfig: true, compilerOptions: { noLib: true } });
  return project.addSourceFilesAtPaths(join(SOURCE, "**/*.ts")).flatMap((source) => {
    const file = relative(SOURCE, source.getFilePath());
    const declarations = [...source.getImportDeclarations(), ...source.getExportDeclarations()];
    return declarations.flatMap((declaration) => {
      const specifier = declaration.getModuleSpecifierValue();
      if (specifier === undefined) return [];
      const target = specifier.startsWith(".")
        ? relative(SOURCE, join(dirname(source.getFilePath()), specifier))
        : "";
      const to = placeOf(target);
      return [{ from: placeOf(file), file, to, typeOnly: isTypeOnly(declaration), specifier, target }];
    });
  });
}

/** `import type { A }`, or `import { type A, type B }`. */
function isTypeOnly(declaration: ImportDeclaration | ExportDeclaration): boolean {
  const names = Node.isImportDeclaration(declaration)
    ? declaration.getNamedImports()
    : declaration.getNamedExports();
  return declaration.isTypeOnly() || (names.length > 0 && names.every((name) => name.isTypeOnly()));
}

/** The folder of a path below src/, or the name of a file of src/ itself. */
function placeOf(path: string): string {
  const [first = "", ...rest] = path.split("/");
  return rest.length === 0 ? first.replace(/\.(js|ts)$/, "") : first;
}
