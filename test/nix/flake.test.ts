import { cp } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { lockOf, lockedArtifact, lockedVariant } from "../generate/locks.js";
import { projectPath } from "./evaluate.js";
import { startNixHost, type NixHost } from "./host.js";
import { makeFolder, writeOverlay } from "./workspace.js";

let host: NixHost;
beforeAll(async () => {
  host = await startNixHost();
});
afterAll(() => host.stop());

/** This repository's flake with the files that it reads, and nothing else of the repository. */
async function ourFlake(): Promise<string> {
  const folder = await makeFolder(host, "flake");
  await cp(projectPath("flake.nix"), join(folder, "flake.nix"));
  await cp(projectPath("nix"), join(folder, "nix"), { recursive: true });
  return folder;
}

test("the flake has no inputs, and offers the library as it is documented", async () => {
  const flake = `path:${await ourFlake()}`;
  const names = await host.output("nix", ["eval", "--json", `${flake}#lib`, "--apply", "builtins.attrNames"]);
  expect(JSON.parse(names)).toContain("mkOverlay");
  const metadata = await host.output("nix", ["flake", "metadata", "--json", flake]);
  expect(JSON.parse(metadata)).toMatchObject({ locks: { nodes: { root: {} } } });
  expect(Object.keys(JSON.parse(metadata).locks.nodes)).toEqual(["root"]);
});

test("a flake made from the template has the packages that each system has a variant for", async () => {
  const consumer = await makeFolder(host, "consumer");
  await host.output("nix", ["flake", "init", "--template", `path:${await ourFlake()}`], { cwd: consumer });
  const overlay = await writeOverlay(
    host,
    lockOf({
      everywhere: lockedArtifact({ fetch: "require", systems: { any: lockedVariant() } }),
      linux: lockedArtifact({ systems: { "x86_64-linux": lockedVariant() } }),
    }),
  );
  await cp(overlay, join(consumer, "nix/artifacts"), { recursive: true });

  const names = "packages: builtins.mapAttrs (_: builtins.attrNames) packages";
  const standIn = `path:${await ourFlake()}/nix/stand-in`;
  const options = ["--no-write-lock-file", "--override-input", "nixpkgs", standIn];
  const flake = `path:${consumer}#packages`;
  const packages = await host.output("nix", ["eval", "--json", flake, "--apply", names, ...options]);
  expect(JSON.parse(packages)).toEqual({
    "aarch64-darwin": ["everywhere"],
    "aarch64-linux": ["everywhere"],
    "x86_64-linux": ["everywhere", "linux"],
  });

  // A flake is evaluated without the machine: no current system, no environment.
  const path = await host.output("nix", ["eval", "--raw", `${flake}.aarch64-darwin.everywhere`, ...options]);
  expect(path).toBe(lockedVariant().storePath);
});
