{
  description = "Packages from locked GitLab CI artifacts";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";

  outputs =
    { nixpkgs, ... }:
    let
      inherit (nixpkgs) lib;

      systems = [
        "aarch64-darwin"
        "aarch64-linux"
        "x86_64-linux"
      ];

      packagesFor =
        system:
        (import nixpkgs {
          inherit system;
          overlays = [ overlay ];
        }).artifacts.all;

      # Written by `artifacts lock`.
      overlay = import ./nix/artifacts/overlay.nix;
    in
    {
      overlays.default = overlay;
      packages = lib.genAttrs systems packagesFor;
    };
}
