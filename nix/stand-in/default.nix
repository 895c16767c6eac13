/**
  A stand-in for nixpkgs, large enough to build packages of artifacts offline with the tools of the machine. For tests and for
  `artifacts demo`; nothing that is generated refers to it.

  # Inputs

  `system`
  : The Nix system to build on and for.

  `overlays`
  : Overlays, as nixpkgs takes them.

  # Type

  ```
  { system :: String ?, overlays :: [ Overlay ] ?, ... } -> AttrSet
  ```
*/
{
  system ? builtins.currentSystem,
  overlays ? [ ],
  ...
}:
let
  base =
    let
      platform = { inherit system; };
      stdenvNoCC = {
        hostPlatform = platform;
        buildPlatform = platform;
        mkDerivation = import ./mkDerivation.nix system;
      };
      fromTheMachine =
        name:
        stdenvNoCC.mkDerivation {
          name = "${name}-of-the-machine";
          installPhase = ''mkdir "$out"'';
        };
    in
    {
      lib = import ./lib.nix;
      inherit stdenvNoCC;
      stdenv = stdenvNoCC;
      buildPackages = final;
      unzip = fromTheMachine "unzip";
      zstd = fromTheMachine "zstd";
    };

  final = builtins.foldl' (prev: overlay: prev // overlay final prev) base overlays;
in
final
