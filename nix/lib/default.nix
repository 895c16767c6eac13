/**
  The functions that generated overlays are made of, one a file.

  `artifacts generate` copies this folder beside the overlay, so that a consumer needs no flake input of ours.
  Called from here, a function that is given a wrong argument says which it takes.
*/
let
  check =
    name: value:
    if builtins.isFunction value then
      import ./checkedFunction.nix {
        inherit name;
        function = value;
      }
    else
      value;
in
builtins.mapAttrs check {
  checkedFunction = import ./checkedFunction.nix;
  downloadTools = import ./downloadTools.nix;
  fetchImpureEnv = import ./fetchImpureEnv.nix;
  fetchProxy = import ./fetchProxy.nix;
  fetchRequire = import ./fetchRequire.nix;
  installArchive = import ./installArchive.nix;
  installBinary = import ./installBinary.nix;
  mkInstalled = import ./mkInstalled.nix;
  mkMeta = import ./mkMeta.nix;
  mkOverlay = import ./mkOverlay.nix;
  mkPackage = import ./mkPackage.nix;
  mkSource = import ./mkSource.nix;
  mkSources = import ./mkSources.nix;
  mkUnavailable = import ./mkUnavailable.nix;
  readArtifact = import ./readArtifact.nix;
  readArtifacts = import ./readArtifacts.nix;
  selectVariant = import ./selectVariant.nix;
  untouched = import ./untouched.nix;
}
