/** Packages of artifacts in nixpkgs: what its `mkDerivation`, its checks of `meta` and its cross compilation make of them. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Install } from "../../src/artifact.js";
import type { LockedArtifact } from "../../src/lock/schema.js";
import { writeOverlay } from "../nix/workspace.js";
import { evaluateInNixpkgs, type PackageSetOptions } from "./checkout.js";
import { makeArtifact, makeLock, makeVariant } from "../make/lock.js";

const SYSTEMS = ["x86_64-linux", "aarch64-linux", "aarch64-darwin"];

const PLAIN: Readonly<Record<string, Install>> = {
  none: { kind: "none" },
  binary: { kind: "binary", name: "acmectl" },
  archive: {
    kind: "archive",
    bin: ["bin/*", "bin/acme"],
    stripComponents: 1,
    man: ["man/acme.1"],
    completions: { bash: "acme.bash", zsh: "_acme", fish: "acme.fish" },
  },
  deb: { kind: "deb", bin: ["usr/bin/acme"] },
  appimage: { kind: "appimage" },
};

const KINDS: Readonly<Record<string, Install>> = {
  ...PLAIN,
  linked: { kind: "binary", libraries: ["openssl", "stdenv.cc.cc"], environment: { ACME_HOME: "/srv" } },
};

let home: string;
let overlay: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "nixpkgs-"));
  const byKind = Object.entries(KINDS).map(([name, install]) => [name, artifactOf({ install })] as const);
  overlay = await writeOverlay(
    { home },
    makeLock({
      ...Object.fromEntries(byKind),
      licensed: artifactOf({ install: { kind: "binary" }, license: "MIT" }),
      unfree: artifactOf({ install: { kind: "binary" }, license: "unfree" }),
      "unfree-source": artifactOf({ install: { kind: "none" }, license: "unfree" }),
      built: artifactOf({ install: { kind: "binary" }, fetch: "impure-env" }),
      linux: artifactOf({ install: { kind: "binary" }, systems: { "x86_64-linux": makeVariant() } }),
    }),
  );
});
afterAll(() => rm(home, { recursive: true }));

function artifactOf(overrides: Partial<LockedArtifact>): LockedArtifact {
  const systems = SYSTEMS.map((system) => [system, makeVariant({ version: `1-${system}` })] as const);
  return makeArtifact({ systems: Object.fromEntries(systems), groups: ["tools"], ...overrides });
}

function value(expression: string, options: Partial<PackageSetOptions> = {}): Promise<unknown> {
  return evaluateInNixpkgs(expression, { overlay, ...options });
}

const DERIVATION = expect.stringMatching(/^\/nix\/store\/.*\.drv$/);

describe.each([
  ["x86_64-linux", "x86_64-linux", "pkgs", KINDS],
  ["aarch64-linux", "aarch64-linux", "pkgs", KINDS],
  // libraries and wrappers for another system need its C compiler, whose stages cut-down copies do not have
  ["aarch64-linux", "x86_64-linux", "pkgs.pkgsCross.aarch64-multiplatform", PLAIN],
  ["aarch64-darwin", "x86_64-linux", "pkgs.pkgsCross.aarch64-darwin", PLAIN],
])("for %s, built on %s, from %s", (host, system, pkgs, kinds) => {
  test.each(Object.keys(kinds))("kind %s is a derivation that is available", async (name) => {
    const expression = `let acme = ${pkgs}.artifacts.${name}; in with ${pkgs}; [
      acme.drvPath acme.version (lib.meta.availableOn stdenv.hostPlatform acme) acme.meta.platforms ]`;
    expect(await value(expression, { system })).toEqual([DERIVATION, `1-${host}`, true, SYSTEMS.toSorted()]);
  });
});

test("tools are those of the machine that builds", async () => {
  const toolsOf = (pkgs: string) =>
    value(
      `map (name: map (tool: tool.name) ${pkgs}.artifacts.\${name}.nativeBuildInputs) [ "archive" "deb" "appimage" ]`,
    );
  expect(await toolsOf("pkgs.pkgsCross.aarch64-multiplatform")).toEqual(await toolsOf("pkgs"));
  expect(
    await value(`let inherit (pkgs.pkgsCross.aarch64-multiplatform) artifacts buildPackages; in
      map (tool: tool.stdenv.hostPlatform.system or tool.system) artifacts.deb.nativeBuildInputs`),
  ).toEqual(["x86_64-linux"]);
});

test("linked programs are patched by nixpkgs' own hook, with its libraries", async () => {
  const inputs = `with pkgs.artifacts.linked; [
    (builtins.elem pkgs.autoPatchelfHook nativeBuildInputs) (builtins.elem pkgs.openssl.dev buildInputs || builtins.elem pkgs.openssl buildInputs)
    (pkgs.lib.hasInfix "--set-default" installPhase)
  ]`;
  expect(await value(inputs)).toEqual([true, true, true]);
});

test("programs for Apple silicon are signed with nixpkgs' tools, and only by us", async () => {
  const toolsOf = (host: string) =>
    value(`let inherit (pkgs.pkgsCross.${host}) artifacts buildPackages; in with artifacts.binary; [
      (builtins.elem buildPackages.darwin.sigtool nativeBuildInputs) (artifacts.binary ? CODESIGN_ALLOCATE) darwinDontCodeSign
    ]`);
  expect(await toolsOf("aarch64-darwin")).toEqual([true, true, true]);
  expect(await toolsOf("aarch64-multiplatform")).toEqual([false, false, true]);
});

test("overrideAttrs and override keep what they do not change, and tests follow", async () => {
  const changed = `(pkgs.artifacts.binary.overrideAttrs (old: { pname = "changed"; }))`;
  const overridden = `(pkgs.artifacts.binary.override { proxy = "http://127.0.0.1:9"; })`;
  expect(
    await value(`[
      ${changed}.name ${changed}.meta.mainProgram ${changed}.provenance.job ${changed}.tests.version.drvPath
      (${changed}.tests.version.drvPath == pkgs.artifacts.binary.tests.version.drvPath)
      ${overridden}.src.url (${overridden}.outPath == pkgs.artifacts.binary.outPath)
      (${overridden}.overrideAttrs { pname = "both"; }).name
      (pkgs.lib.getExe pkgs.artifacts.binary == "\${pkgs.artifacts.binary}/bin/acmectl")
    ]`),
  ).toEqual([
    "changed-1-x86_64-linux",
    "acmectl",
    77001,
    DERIVATION,
    false,
    expect.stringMatching(/^http:\/\/127\.0\.0\.1:9\/fod\//),
    true,
    "both-1-x86_64-linux",
    true,
  ]);
});

test("an SPDX identifier is nixpkgs' license, and unfree is refused until it is allowed", async () => {
  expect(await value("pkgs.artifacts.licensed.meta.license.shortName")).toBe("mit");
  for (const name of ["unfree", "unfree-source"]) {
    const unfree = `builtins.tryEval pkgs.artifacts.${name}.drvPath`;
    expect(await value(unfree)).toEqual({ success: false, value: false });
    expect(await value(unfree, { allowUnfree: true })).toEqual({ success: true, value: DERIVATION });
  }
});

test("a build that downloads takes curl, certificates and unpackers of nixpkgs", async () => {
  expect(await value("pkgs.artifacts.built.src.drvPath")).toEqual(DERIVATION);
});

test("a system without a variant can be listed and filtered, and joins no group", async () => {
  const other = "pkgs.pkgsCross.aarch64-multiplatform";
  expect(
    await value(`[
      ${other}.artifacts.linux.meta.platforms
      (${other}.lib.meta.availableOn ${other}.stdenv.hostPlatform ${other}.artifacts.linux)
      (builtins.tryEval ${other}.artifacts.linux.drvPath).success
      (${other}.artifacts.groups.tools ? linux) (pkgs.artifacts.groups.tools ? linux)
    ]`),
  ).toEqual([["x86_64-linux"], false, false, false, true]);
});

test("what a group holds is what other derivations depend on", async () => {
  const group = `builtins.attrValues (removeAttrs pkgs.artifacts.groups.tools [ "unfree" "unfree-source" ])`;
  expect(await value(`(pkgs.runCommand "tools" { nativeBuildInputs = ${group}; } "").drvPath`)).toEqual(
    DERIVATION,
  );
});
