/** The examples of the pages for consumers, taken as they stand, with the stand-in for nixpkgs and a generated overlay. */
import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { generate } from "../../src/generate/generate.js";
import { readNixLibrary } from "../../src/generate/nix-library.js";
import { evaluate, nixPath, projectPath } from "./evaluate.js";
import { blocks, only } from "./page-blocks.js";
import { makeArtifact, makeLock, makeVariant } from "../make/lock.js";

const STAND_IN = nixPath(projectPath("nix/stand-in"));
const systems = { "x86_64-linux": makeVariant(), "aarch64-darwin": makeVariant() };

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "recipes-"));
  await writeRepository("toolchain", "acme-cli");
  await writeRepository("private", "secret-tool");
});

async function writeRepository(name: string, artifact: string): Promise<void> {
  const lock = makeLock({ [artifact]: makeArtifact({ systems, groups: ["tools"] }) });
  const options = { namespace: "artifacts", proxy: "http://127.0.0.1:7467", library: await readNixLibrary() };
  for (const { path, text } of generate(lock, options)) {
    const file = join(folder, name, "nix/artifacts", path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
}

function overlayOf(name: string): string {
  return `(import ${nixPath(join(folder, name, "nix/artifacts/overlay.nix"))})`;
}

/** What a configuration of NixOS, nix-darwin, home-manager or devenv makes of a module. */
function moduleValue(module: string, value: string): Promise<unknown> {
  return evaluate(`let
    toolchain.overlays.default = ${overlayOf("toolchain")};
    module = ${module};
    pkgs = import ${STAND_IN} { system = "x86_64-linux"; overlays = config.nixpkgs.overlays or config.overlays; };
    config = module { inherit pkgs; inputs = { inherit toolchain; }; };
  in builtins.map (package: package.pname or package.name) config.${value}`);
}

/** The outputs of a flake that stands in a repository. */
async function flakeValue(repository: string, flake: string, value: string): Promise<unknown> {
  await writeFile(join(folder, repository, "flake.nix"), flake);
  return evaluate(`let
    nixpkgs = { outPath = ${STAND_IN}; lib = import (${STAND_IN} + "/lib.nix"); };
    toolchain.overlays.default = ${overlayOf("toolchain")};
    outputs = (import ${nixPath(join(folder, repository, "flake.nix"))}).outputs {
      inherit nixpkgs toolchain; public = toolchain;
    };
    packagesWith = overlay: import nixpkgs { system = "x86_64-linux"; overlays = [ overlay ]; };
  in ${value}`);
}

describe("docs/recipes.md", () => {
  test.each([
    ["A NixOS host", "environment.systemPackages"],
    ["nix-darwin", "environment.systemPackages"],
    ["home-manager", "home.packages"],
    ["devenv", "packages"],
  ])("has a configuration for %s that installs the artifact", async (heading, value) => {
    expect(await moduleValue(await only("recipes.md", heading, "nix"), value)).toEqual(["acme-cli"]);
  });

  test("has devenv take the flake whose overlay it uses", async () => {
    const { inputs } = parse(await only("recipes.md", "devenv", "yaml"));
    expect(Object.keys(inputs)).toEqual(["toolchain"]);
  });

  test("has a dev shell with the artifact, on each system", async () => {
    const shells =
      "builtins.mapAttrs (_: shell: map (package: package.name) shell.default.packages) outputs.devShells";
    expect(await flakeValue("toolchain", await only("recipes.md", "A dev shell", "nix"), shells)).toEqual({
      "x86_64-linux": ["acme-linux"],
      "aarch64-darwin": ["acme-linux"],
    });
  });

  test("puts a private overlay on top of a public one, so that both are in one set", async () => {
    const names = "builtins.attrNames (packagesWith outputs.overlays.default).artifacts.groups.tools";
    const flake = await only("recipes.md", "Public and private apart", "nix");
    expect(await flakeValue("private", flake, names)).toEqual(["acme-cli", "secret-tool"]);
  });

  test("bootstraps from sources that need no nixpkgs", async () => {
    const [build, copy] = await blocks("recipes.md", "A machine that has nothing yet", "sh");
    const sources = join(folder, "toolchain/nix/artifacts/sources.nix");
    expect(build).toContain("nix/artifacts/sources.nix -A acme-cli");
    expect(copy).toContain("--file nix/artifacts/sources.nix acme-cli.outPath");
    const path = `(import ${nixPath(sources)} { system = "x86_64-linux"; }).acme-cli.outPath`;
    expect(await evaluate(path)).toBe(makeVariant().storePath);
  });
});

describe("docs/consuming.md", () => {
  test("has a flake with the package", async () => {
    const flake = await only("consuming.md", "In a flake", "nix");
    const value = "outputs.packages.x86_64-linux.acme-cli.name";
    expect(await flakeValue("toolchain", flake, value)).toBe("acme-linux");
  });

  test("has an expression without a flake", async () => {
    const text = await only("consuming.md", "Without a flake", "nix");
    const expression = text
      .replace("<nixpkgs> {", `${STAND_IN} { system = "x86_64-linux";`)
      .replace("./nix", join(folder, "toolchain/nix"));
    expect(await evaluate(`(${expression}).name`)).toBe("acme-linux");
  });
});
