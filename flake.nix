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
      overlays.default = final: _: {
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
        system: pkgs: {
          default = {
            type = "app";
            program = pkgs.lib.getExe self.packages.${system}.default;
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
          version = pkgs.runCommand "nix-artifacts-version" { } ''
            ${pkgs.lib.getExe self.packages.${system}.default} --version > "$out"
          '';

          # What `nix fmt` would change, whether written or generated, is an error.
          format = pkgs.runCommand "nix-artifacts-format" { nativeBuildInputs = [ pkgs.nixfmt ]; } ''
            find ${self} -name '*.nix' -exec nixfmt --check {} +
            touch "$out"
          '';
        }
      );

      # `nix fmt` gives it no files: it finds them itself.
      formatter = eachSystem (_: pkgs: pkgs.nixfmt-tree);
    };
}
