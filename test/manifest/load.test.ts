import { mkdirSync, symlinkSync } from "node:fs";
import { join, relative } from "node:path";
import { describe, expect, test } from "vitest";
import { loadManifests, type LoadResult } from "../../src/manifest/load.js";
import { errorsOf, repository } from "../evaluate/repository.js";

const DEFAULTS = { gitlab: "https://gitlab.example.com", fetch: "proxy" } as const;
const IMPORT = `import { defineArtifact, defineArtifacts } from "nix-artifacts";\n`;

type Files = Readonly<Record<string, string>>;

function load(files: Files, defaults: { gitlab: string | undefined; fetch: "proxy" } = DEFAULTS): LoadResult {
  return loadManifests({ root: repository(files), folder: "manifests", defaults });
}

function errors(
  files: Files,
  options: { gitlab?: undefined; prepare?: (root: string) => void } = {},
): readonly string[] {
  const root = repository(files);
  options.prepare?.(root);
  const defaults = "gitlab" in options ? { ...DEFAULTS, gitlab: undefined } : DEFAULTS;
  return errorsOf(root, () => loadManifests({ root, folder: "manifests", defaults }));
}

/** A manifest of one right artifact; `fields` come last and so replace others. */
function manifest(fields: string): string {
  return `${IMPORT}const right = { name: "acme", project: "group/acme", ref: { branch: "main" }, job: "build", file: "acme", systems: "any" };
export default defineArtifact({
  ...right,
  ${fields}
});
`;
}

describe("a manifest becomes what is declared", () => {
  test("with variables filled in for each system", () => {
    const { artifacts, sources } = load({
      "manifests/acme-cli.ts": `${IMPORT}export default defineArtifact({
  name: "acme-cli",
  description: "ACME command line",
  gitlab: "https://git.example.org:8443/gitlab/",
  project: "platform/sub.group/acme-cli",
  ref: { tag: "v1.2.3", tagPrefix: "v" },
  job: "build: [{os}, {arch}]{{{level}}}",
  file: "dist/acme-{os}-{arch}.tar.gz",
  systems: {
    "x86_64-linux": { os: "linux", arch: "amd64", level: 3 },
    "aarch64-darwin": { os: "darwin", arch: "arm64", level: 1 },
  },
  form: "executable",
  fetch: "require",
  install: { kind: "archive", bin: ["bin/acme"], stripComponents: 1 },
});`,
    });
    const [artifact] = artifacts;
    const file = [...sources.keys()][0];
    expect(artifact).toMatchObject({
      name: "acme-cli",
      description: "ACME command line",
      gitlab: "https://git.example.org:8443/gitlab",
      project: "platform/sub.group/acme-cli",
      ref: { tag: "v1.2.3", tagPrefix: "v" },
      form: "executable",
      fetch: "require",
      install: { kind: "archive", bin: ["bin/acme"], stripComponents: 1 },
      at: { file, line: 3, column: 9 },
    });
    expect(artifact?.variants).toStrictEqual(
      [
        { system: "x86_64-linux", jobName: "build: [linux, amd64]{3}", file: "dist/acme-linux-amd64.tar.gz" },
        {
          system: "aarch64-darwin",
          jobName: "build: [darwin, arm64]{1}",
          file: "dist/acme-darwin-arm64.tar.gz",
        },
      ].map((variant) => ({
        artifact: "acme-cli",
        gitlab: "https://git.example.org:8443/gitlab",
        project: "platform/sub.group/acme-cli",
        ref: { tag: "v1.2.3", tagPrefix: "v" },
        form: "executable",
        ...variant,
        at: {
          project: { file, line: 6, column: 12 },
          ref: { file, line: 7, column: 8 },
          job: { file, line: 8, column: 8 },
          file: { file, line: 9, column: 9 },
        },
      })),
    );
  });

  test("with defaults for what it leaves out", () => {
    const main = `${IMPORT}export default defineArtifact({ name: "a", project: 42, ref: { job: 7 }, systems: "any" });`;
    const [artifact] = load({ "manifests/a.ts": main }).artifacts;
    expect(artifact).toMatchObject({
      description: undefined,
      gitlab: "https://gitlab.example.com",
      project: "42",
      form: "file",
      fetch: "proxy",
      install: { kind: "none" },
      variants: [{ system: "any", jobName: undefined, file: undefined }],
    });
  });

  test("and a family of them is sorted by name, located in the function that makes it", () => {
    const family = `${IMPORT}import { make } from "../shared/make.js";
export default defineArtifacts(["b", "a"].map((name) => make(name)));`;
    const make = `export const make = (name: string) => ({
  name, project: \`group/\${name}\`, ref: { branch: "main" }, job: "build", systems: "any",
});`;
    const files = {
      "manifests/deep/er/x.ts": `export default [];`,
      "manifests/family.ts": family,
      "shared/make.ts": make,
    };
    const { artifacts, sources } = load(files);
    expect(artifacts.map(({ name, project, at }) => [name, project, at.line, at.column])).toEqual([
      ["a", "group/a", 2, 3],
      ["b", "group/b", 2, 3],
    ]);
    const root = artifacts[0]?.at.file.replace("/shared/make.ts", "") ?? "";
    expect([...sources.keys()].map((file) => relative(root, file)).sort()).toEqual([
      "manifests/deep/er/x.ts",
      "manifests/family.ts",
      "shared/make.ts",
    ]);
  });

  test("and declaration files, hidden folders, other files and imported files without a default export are passed over", () => {
    const files = {
      "manifests/a.ts": `import { right } from "./right.js"; export default right;`,
      "manifests/right.ts": `export const right = { name: "a", project: 1, ref: { job: 1 }, systems: "any" } as const;`,
      "manifests/nix-artifacts.d.ts": "syntax error",
      "manifests/.hidden/x.ts": "syntax error",
      "manifests/node_modules/x.ts": "syntax error",
      "manifests/README.md": "# Manifests",
    };
    expect(load(files).artifacts.map(({ name }) => name)).toEqual(["a"]);
  });
});

describe("one wrong field is one error with the value, what is allowed and the nearest spelling", () => {
  const cases = [
    `porject: "group/acme",`,
    `token: "glpat-secret",`,
    `name: "1-acme",`,
    `name: "acme/cli",`,
    `name: "a b",`,
    `name: "in",`,
    `name: "constructor",`,
    `name: "",`,
    `name: "${"a".repeat(101)}",`,
    `name: undefined,`,
    `description: 7,`,
    `gitlab: "gitlab.example.com",`,
    `gitlab: "ftp://gitlab.example.com",`,
    `gitlab: "https://user:hunter2@gitlab.example.com",`,
    `gitlab: "https://gitlab.example.com/?private_token=hunter2",`,
    `gitlab: true,`,
    `project: "acme",`,
    `project: "group//acme",`,
    `project: "group/-acme",`,
    `project: "group/../acme",`,
    `project: "group/acme/",`,
    `project: "https://user:hunter2@gitlab.example.com/group/acme",`,
    `project: 1.5,`,
    `project: 0,`,
    `project: true,`,
    `project: undefined,`,
    `ref: "main",`,
    `ref: {},`,
    `ref: undefined,`,
    `ref: { branche: "main" },`,
    `ref: { branch: "main", tag: "v1" },`,
    `ref: { branch: "main", tagPrefix: "v" },`,
    `ref: { sha: "abc" },`,
    `ref: { semver: "one" },`,
    `ref: { branch: "main", minimumReleaseAge: "3 dayz" },`,
    `ref: { branch: "a b" },`,
    `ref: { branch: 7 },`,
    `ref: { pipeline: "7" },`,
    `ref: { job: -1 },`,
    `job: undefined,`,
    `job: "",`,
    `job: ["build"],`,
    `systems: "all",`,
    `systems: {},`,
    `systems: undefined,`,
    `systems: ["x86_64-linux"],`,
    `systems: { any: {} },`,
    `systems: { linux: {} },`,
    `systems: { "x86_64-linux": "amd64" },`,
    `systems: { "x86_64-linux": { arch: true } },`,
    `systems: { "x86_64-linux": { "os arch": "x" } },`,
    `form: "fiel",`,
    `form: "unpacked", install: { kind: "binary" },`,
    `form: "executable", file: undefined,`,
    `fetch: "impure",`,
    `fetch: null,`,
    `install: { kind: "archiv", bin: ["a"] },`,
    `install: { kind: "archive" },`,
    `install: { kind: "archive", bin: [] },`,
    `install: { kind: "archive", bin: ["../a"] },`,
    `install: { kind: "archive", bin: ["a"], stripComponents: 1.5 },`,
    `install: { kind: "archive", bin: ["a"], stripComponents: 21 },`,
    `install: { kind: "archive", bin: ["a"], stripcomponents: 1 },`,
    `install: { kind: "binary", bin: ["a"] },`,
    `install: { kind: "binary" }, file: undefined,`,
    `install: { bin: ["a"] },`,
    `install: "none",`,
    `job: "build {os}",`,
    `job: "build {sys}", systems: { "x86_64-linux": { os: "linux", system: "x" } },`,
    `job: "build {arc}", systems: { "x86_64-linux": { os: "linux", arch: "x" } },`,
    `job: "build {",`,
    `job: "build }",`,
    `job: "build {}",`,
    `job: "{n}", systems: { "x86_64-linux": { n: "" } },`,
    `job: "${"a".repeat(256)}",`,
    `file: "/etc/passwd",`,
    `file: "../up",`,
    `file: "a\\\\b",`,
    `file: "{dir}/x", systems: { "x86_64-linux": { dir: ".." } },`,
  ] as const;

  test.each(cases)("%s", (fields) => {
    const found = errors({ "manifests/acme.ts": manifest(fields) });
    expect(found).toMatchSnapshot();
    expect(found).toHaveLength(1);
    expect(found.join()).not.toContain("hunter2");
  });
});

test("all errors of all files are reported in one run", () => {
  const found = errors({
    "manifests/a.ts": manifest(
      `form: "fil", fetch: "prox", porject: 1, ref: { branche: "main" }, job: undefined,`,
    ),
    "manifests/b.ts": "export default {",
    "manifests/c.ts": "export default [process.env.A, process.env.B];",
    "manifests/d.ts": manifest(`job: "{os}", file: "{arch}",`),
    "manifests/e.ts": `export default [{ name: "e" }, 7, null, "text"];`,
    "manifests/f.ts": `import x from "./g.js"; export default x;`,
  });
  expect(found).toMatchSnapshot();
});

describe("names", () => {
  test("that are declared twice are refused with both places", () => {
    const files = { "manifests/a.ts": manifest(""), "manifests/deep/b.ts": manifest("") };
    expect(errors(files)).toMatchSnapshot();
  });

  test("that differ only in case are refused with both places", () => {
    const files = { "manifests/a.ts": manifest(`name: "Acme",`), "manifests/b.ts": manifest("") };
    expect(errors(files)).toMatchSnapshot();
  });
});

describe("the repository around the manifests", () => {
  test("needs a GitLab instance, in the configuration or in the manifest", () => {
    expect(errors({ "manifests/a.ts": manifest("") }, { gitlab: undefined })).toMatchSnapshot();
  });

  test("needs the manifest folder", () => {
    expect(errors({ "README.md": "" })).toMatchSnapshot();
    expect(errors({ manifests: "a file" })).toMatchSnapshot();
  });

  test("has no files in it that export nothing to anyone", () => {
    expect(
      errors({ "manifests/a.ts": manifest(""), "manifests/b.ts": "export const b = 1;" }),
    ).toMatchSnapshot();
  });

  test("has no symbolic links to folders, and none to files outside", () => {
    const outside = repository({ "x.ts": manifest("") });
    const found = ["x.ts", ""].flatMap((target) =>
      errors(
        { "manifests/a.ts": manifest("") },
        { prepare: (root) => symlinkSync(join(outside, target), join(root, "manifests/link.ts")) },
      ),
    );
    const folder = errors({}, { prepare: (root) => symlinkSync(outside, join(root, "manifests")) });
    expect([...found, ...folder]).toMatchSnapshot();
  });

  test("may have links that lead to themselves, which are errors like other missing files", () => {
    const prepare = (root: string) => symlinkSync("loop.ts", join(root, "manifests/loop.ts"));
    expect(errors({ "manifests/a.ts": manifest("") }, { prepare })).toMatchSnapshot();
  });

  test("may be missing itself", () => {
    const root = join(repository({}), "missing");
    expect(
      errorsOf(root, () => loadManifests({ root, folder: "manifests", defaults: DEFAULTS })),
    ).toMatchSnapshot();
  });

  test("may have folders that are named like files", () => {
    const found = errors(
      { "manifests/a.ts": manifest(`name: 1,`) },
      { prepare: (root) => mkdirSync(join(root, "manifests/x.ts")) },
    );
    expect(found).toHaveLength(1);
  });
});
