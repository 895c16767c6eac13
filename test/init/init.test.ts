/** A new repository, and what is added to one that is there. From there to a package: `test/e2e/new-repository.test.ts`. */
import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { readFiles } from "../cli/repository.js";
import { runCli } from "../cli/run-cli.js";
import { projectPath } from "../nix/evaluate.js";

const NAMES = [
  ".gitignore",
  ".gitlab-ci.yml",
  "artifacts.config.ts",
  "artifacts.lock.json",
  "flake.nix",
  "manifests/nix-artifacts.d.ts",
  "manifests/tools.ts",
  "tsconfig.json",
];

async function makeDirectory(files: Readonly<Record<string, string>> = {}): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "init-"));
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  return folder;
}

async function init(cwd: string, ...args: string[]) {
  const { code, stdout, stderr } = await runCli(["init", ...args, "--json"], { cwd });
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return JSON.parse(stdout) as { written: string[]; left: object[]; next: string[] }; // `InitResult`, printed
}

async function run(cwd: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await runCli(args, { cwd });
  expect(stderr).toBe("");
  expect(code).toBe(0);
  return stdout;
}

function withoutGenerated(paths: readonly string[]): string[] {
  return paths.filter((path) => !path.startsWith("nix/artifacts/"));
}

describe("a new repository", () => {
  test("is complete, agrees with itself, and is not touched by a second run", async () => {
    const cwd = await makeDirectory();
    const text = await run(cwd, "init", "new/toolchain");
    expect(text).toMatch(/^wrote artifacts\.config\.ts\n/);
    expect(text).toMatch(/^ {2}cd new\/toolchain\n {2}edit artifacts.config.ts: which GitLab\n/m);

    const folder = join(cwd, "new/toolchain");
    const files = readFiles(folder);
    expect(withoutGenerated(Object.keys(files)).sort()).toEqual(NAMES);
    expect(await run(folder, "lock", "--check")).toContain("match the manifests");
    expect(await run(folder, "lock")).toContain("nothing changed");

    expect(await init(folder)).toMatchObject({ written: [], left: [] });
    expect(readFiles(folder)).toEqual(files);
  });

  test("names the instance that the person named", async () => {
    const folder = await makeDirectory();
    const { next } = await init(folder, "--gitlab", "https://git.example.org/gitlab/");
    expect(await readFile(join(folder, "artifacts.config.ts"), "utf8")).toContain(
      'gitlab: "https://git.example.org/gitlab"',
    );
    expect(next[0]).toBe("edit manifests/: which artifacts");
  });

  test("has types for editors, which know the fields", async () => {
    const folder = await makeDirectory();
    await init(folder);
    const check = () =>
      execFileSync(projectPath("node_modules/.bin/tsc"), ["-p", folder, "--pretty", "false"], {
        encoding: "utf8",
      });
    check();
    const config = join(folder, "artifacts.config.ts");
    await writeFile(config, (await readFile(config, "utf8")).replace("gitlab:", "gitlap:"));
    expect(check).toThrow(expect.objectContaining({ stdout: expect.stringContaining("'gitlap'") }));
  });

  test("has the bot's job as the component has it", async () => {
    const folder = await makeDirectory();
    await init(folder);
    const { [".artifacts"]: base, ...jobs } = parse(await readFile(join(folder, ".gitlab-ci.yml"), "utf8"));
    const [, body = ""] = (await readFile(projectPath("templates/bump.yml"), "utf8")).split(/^---$/m);
    const { script, image: _image, stage: _stage, ...component } = parse(body)["artifacts-bump"];
    expect(base.before_script).toEqual(["command -v artifacts"]);
    expect(jobs["artifacts-bump"]).toEqual({
      ...component,
      extends: ".artifacts",
      script: [script[1].replace(" $[[ inputs.options ]]", "")],
    });
    expect(jobs["artifacts-check"].script).toEqual(["artifacts lock --check"]);
  });
});

describe("in a repository that is there", () => {
  test("adds what is missing, changes nothing, and says what is left to do", async () => {
    const own = {
      ".gitlab-ci.yml": "test:\n  script: [make]\n",
      "flake.nix": "{ outputs = _: { }; }\n",
      "manifests/own.ts": `import { defineArtifacts } from "nix-artifacts";\nexport default defineArtifacts([]);\n`,
      ".gitignore": "/build\n",
    };
    const folder = await makeDirectory(own);
    const { written, left } = await init(folder);
    expect(withoutGenerated(written).sort()).toEqual([
      ".gitlab/artifacts.yml",
      "artifacts.config.ts",
      "artifacts.lock.json",
      "manifests/nix-artifacts.d.ts",
      "tsconfig.json",
    ]);
    expect(left).toEqual([
      {
        path: "flake.nix",
        addition: "its nixpkgs needs the overlay (import ./nix/artifacts/overlay.nix)",
      },
      { path: ".gitlab-ci.yml", addition: "add to it: include: [{ local: .gitlab/artifacts.yml }]" },
    ]);
    expect(readFiles(folder)).toMatchObject(own);

    await writeFile(join(folder, ".gitlab-ci.yml"), `include: [{ local: .gitlab/artifacts.yml }]\n`);
    await writeFile(join(folder, "flake.nix"), "{ outputs = _: import ./nix/artifacts/overlay.nix; }\n");
    expect(await init(folder)).toMatchObject({ written: [], left: [] });
  });

  test("puts files where its configuration has them, also at the top level and in odd folders", async () => {
    const config = `import { defineConfig } from "nix-artifacts";
export default defineConfig({ manifests: "ci/what we take", output: "gen \${x}", lock: "ci/lock.json", namespace: null });\n`;
    const folder = await makeDirectory({ "artifacts.config.ts": config });
    const { written } = await init(folder);
    expect(written).toEqual(
      expect.arrayContaining([
        "ci/lock.json",
        "ci/what we take/tools.ts",
        "ci/what we take/nix-artifacts.d.ts",
        "gen ${x}/overlay.nix",
        "flake.nix",
      ]),
    );
    const names = `builtins.mapAttrs (_: builtins.attrNames) ((import ${folder}/flake.nix).outputs {
      nixpkgs = { outPath = ${projectPath("nix/stand-in")}; lib = import ${projectPath("nix/stand-in/lib.nix")}; };
    }).packages`;
    const packages = execFileSync("nix-instantiate", ["--eval", "--strict", "--json", "-E", names], {
      env: { ...process.env, NIX_REMOTE: `local?root=${folder}/store` },
      encoding: "utf8",
    });
    expect(JSON.parse(packages)).toEqual({ "aarch64-darwin": [], "aarch64-linux": [], "x86_64-linux": [] });
  });

  test("does not follow a link that leads nowhere, and does not mend an overlay by parts", async () => {
    const folder = await makeDirectory();
    await init(folder);
    await rm(join(folder, "flake.nix"));
    await symlink("elsewhere.nix", join(folder, "flake.nix"));
    await rm(join(folder, "nix/artifacts/lib/mkMeta.nix"));
    const { written } = await init(folder);
    expect(written).toEqual([]);
    expect(await run(folder, "generate")).toContain("wrote nix/artifacts/lib/mkMeta.nix");
  });

  test("reports a wrong configuration with its place, and writes nothing", async () => {
    const folder = await makeDirectory({ "artifacts.config.ts": "export default { output: 7 };\n" });
    const { code, stderr } = await runCli(["init"], { cwd: folder });
    expect(code).toBe(1);
    expect(stderr).toContain("artifacts.config.ts:1:");
    expect(Object.keys(readFiles(folder))).toEqual(["artifacts.config.ts"]);
  });
});
