import { cp } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startNixHost, type NixHost } from "./host.js";
import { copySource, makeFolder, writeOverlay } from "./workspace.js";
import { makeArtifact, makeLock, makeVariant } from "../make/lock.js";

let host: NixHost;
beforeAll(async () => {
  host = await startNixHost();
});
afterAll(() => host.stop());

const OUTPUTS =
  "apps checks darwinModules devShells formatter homeModules lib nixosModules overlays packages templates";

/** This repository's flake with the files that it reads, and nothing else of the repository. */
function ourFlake(): Promise<string> {
  return copySource(host);
}

/** Options with which a flake has the stand-in for nixpkgs, and so needs no network. */
function withStandIn(folder: string): string[] {
  return ["--no-write-lock-file", "--override-input", "nixpkgs", `path:${folder}/nix/stand-in`];
}

test("the flake passes its check for all systems, with any nixpkgs", async () => {
  const folder = await ourFlake();
  const check = ["flake", "check", "--no-build", `path:${folder}`, ...withStandIn(folder)];
  expect(await host.run("nix", check)).toMatchObject({ code: 0 });
});

test("the flake offers the library, and all that makes a machine serve artifacts", async () => {
  const folder = await ourFlake();
  const standIn = withStandIn(folder);
  const evaluate = async (attribute: string, apply: string) =>
    JSON.parse(
      await host.output("nix", [
        "eval",
        "--json",
        `path:${folder}#${attribute}`,
        "--apply",
        apply,
        ...standIn,
      ]),
    );
  expect(await evaluate("lib", "builtins.attrNames")).toContain("mkOverlay");
  for (const name of OUTPUTS.split(" ")) expect(await evaluate(name, "set: set != { }"), name).toBe(true);
  expect(await evaluate("packages.aarch64-darwin.default", "package: package.meta.mainProgram")).toBe(
    "artifacts",
  );
});

test("a flake made from the template has the packages that each system has a variant for", async () => {
  const consumer = await makeFolder(host, "consumer");
  const folder = await ourFlake();
  await host.output("nix", ["flake", "lock", `path:${folder}`, ...withStandIn(folder).slice(1)]);
  await host.output("nix", ["flake", "init", "--template", `path:${folder}`], { cwd: consumer });
  const overlay = await writeOverlay(
    host,
    makeLock({
      everywhere: makeArtifact({ fetch: "require", systems: { any: makeVariant() } }),
      linux: makeArtifact({ systems: { "x86_64-linux": makeVariant() } }),
    }),
  );
  await cp(overlay, join(consumer, "nix/artifacts"), { recursive: true });

  const names = "packages: builtins.mapAttrs (_: builtins.attrNames) packages";
  const options = withStandIn(folder);
  const flake = `path:${consumer}#packages`;
  const packages = await host.output("nix", ["eval", "--json", flake, "--apply", names, ...options]);
  expect(JSON.parse(packages)).toEqual({
    "aarch64-darwin": ["everywhere"],
    "aarch64-linux": ["everywhere"],
    "x86_64-linux": ["everywhere", "linux"],
  });

  // A flake is evaluated without the machine: no current system, no environment.
  const path = await host.output("nix", ["eval", "--raw", `${flake}.aarch64-darwin.everywhere`, ...options]);
  expect(path).toBe(makeVariant().storePath);
});
