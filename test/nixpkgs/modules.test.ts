/** Our modules with nixpkgs' module system: its types, merges and checks. */
import { expect, test } from "vitest";
import { evaluateModule, type ModuleSystem } from "../nix/modules.js";
import { NIXPKGS } from "./checkout.js";

/** What NixOS, nix-darwin and home-manager declare is free here; nixpkgs' own `lib` says what the options of ours are. */
const AROUND = `{ lib, ... }: with lib.types; {
  options = lib.genAttrs [ "environment" "home" "launchd" "nix" "systemd" "users" ] (_: lib.mkOption {
    type = lazyAttrsOf anything;
    default = { };
  }) // {
    assertions = lib.mkOption { type = listOf anything; default = [ ]; };
    system.activationScripts = lib.mkOption {
      type = attrsOf (submodule { options.text = lib.mkOption { type = lines; }; });
      default = { };
    };
  };
}`;

// Cut-down copies of nixpkgs have no stdenv of macOS, and what the modules take from a package set is the same on Linux.
const OPTIONS = { nixpkgs: NIXPKGS, around: AROUND, platform: "x86_64-linux" };

const PROXY = `services.nix-artifacts.proxy = {
  enable = true; gitlab = "gitlab.example.com"; locks = [ "/srv/artifacts.lock.json" ]; tokenFile = "/run/secrets/gitlab";`;

test.each<[ModuleSystem, string, object]>([
  [
    "nixos",
    `${PROXY} }; services.nix-artifacts.uploader = { enable = true; to = "s3://cache"; };`,
    {
      systemd: expect.objectContaining({
        services: {
          "nix-artifacts-proxy": expect.objectContaining({
            environment: { GITLAB_HOST: "gitlab.example.com" },
          }),
          "nix-artifacts-uploader": expect.anything(),
        },
      }),
    },
  ],
  [
    "darwin",
    `${PROXY} user = "_proxy"; }; services.nix-artifacts.uploader = { enable = true; user = "_up"; to = "s3://cache"; };`,
    {
      launchd: {
        daemons: { "nix-artifacts-proxy": expect.anything(), "nix-artifacts-uploader": expect.anything() },
      },
      system: {
        activationScripts: {
          launchd: { text: expect.stringMatching(/'_proxy'[^]*'_up'|'_up'[^]*'_proxy'/) },
        },
      },
    },
  ],
  ["home", `${PROXY} };`, { systemd: { user: { services: { "nix-artifacts-proxy": expect.anything() } } } }],
])("the module for %s is taken", async (system, configuration, expected) => {
  const config = await evaluateModule(system, `{ ${configuration} }`, OPTIONS);
  expect(config).toMatchObject(expected);
});

test("a wrong option is refused by nixpkgs' types", async () => {
  await expect(evaluateModule("nixos", `{ ${PROXY} listne = [ ]; }; }`, OPTIONS)).rejects.toThrow("listne");
  await expect(evaluateModule("nixos", `{ ${PROXY} cacheSize = 7; }; }`, OPTIONS)).rejects.toThrow(
    "is not of type",
  );
});
