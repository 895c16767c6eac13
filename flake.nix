{
  description = "Private GitLab CI artifacts as Nix derivations";

  # For the command line, its modules and the development shell. The library and what `artifacts generate` writes need none:
  # let it follow your own, `inputs.nix-artifacts.inputs.nixpkgs.follows = "nixpkgs"`.
  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";

  outputs =
    { self, nixpkgs }:
    let
      eachSystem =
        outputs:
        nixpkgs.lib.genAttrs [
          "aarch64-darwin"
          "aarch64-linux"
          "x86_64-darwin"
          "x86_64-linux"
        ] (system: outputs system nixpkgs.legacyPackages.${system});
    in
    {
      lib = import ./nix/lib;

      # Our own command line. The overlay of locked artifacts is generated into the repository that locks them.
      overlays.default = final: prev: {
        nix-artifacts = final.callPackage ./nix/package { };
      };

      packages = eachSystem (
        _: pkgs: {
          default = pkgs.callPackage ./nix/package {
            # npm's own variable; read with `--impure` alone.
            registry =
              let
                address = builtins.getEnv "npm_config_registry";
              in
              if address == "" then null else address;
          };
        }
      );

      apps = eachSystem (
        system: _: {
          default = {
            type = "app";
            program = "${self.packages.${system}.default}/bin/artifacts";
          };
        }
      );

      nixosModules.default.imports = [ ./nix/modules/nixos.nix ];
      darwinModules.default.imports = [ ./nix/modules/darwin.nix ];
      homeModules.default.imports = [ ./nix/modules/home.nix ];

      templates.default = {
        path = ./nix/templates/consumer;
        description = "Packages from locked GitLab CI artifacts";
      };

      devShells = eachSystem (
        _: pkgs: {
          default = pkgs.mkShellNoCC {
            packages = [
              pkgs.nodejs
              pkgs.unzip
              pkgs.zstd
            ];
          };
        }
      );

      checks = eachSystem (
        system: pkgs: {
          # It builds, and it runs.
          version = pkgs.stdenvNoCC.mkDerivation {
            name = "nix-artifacts-version";
            dontUnpack = true;
            installPhase = "${self.packages.${system}.default}/bin/artifacts --version > \"$out\"";
          };
        }
      );

      # `nix fmt` gives it no files: it finds them itself.
      formatter = eachSystem (_: pkgs: pkgs.nixfmt-tree);
    };
}
