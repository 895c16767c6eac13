{
  description = "Packages from locked GitLab CI artifacts";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";

  outputs =
    { nixpkgs, ... }:
    let
      # Written by `artifacts lock`.
      overlay = import ./nix/artifacts/overlay.nix;

      systems = [
        "aarch64-darwin"
        "aarch64-linux"
        "x86_64-linux"
      ];
      packagesFor =
        system:
        import nixpkgs {
          inherit system;
          overlays = [ overlay ];
        };
      eachSystem = outputs: nixpkgs.lib.genAttrs systems (system: outputs (packagesFor system));
    in
    {
      overlays.default = overlay;

      # What is locked for the system: `nix build .#acme-cli`.
      packages = eachSystem (pkgs: pkgs.artifacts.all);

      # A shell with all of it: `nix develop`.
      devShells = eachSystem (pkgs: {
        default = pkgs.mkShellNoCC { packages = builtins.attrValues pkgs.artifacts.all; };
      });
    };
}
