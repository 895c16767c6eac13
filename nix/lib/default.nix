/**
  The functions that generated overlays are made of, one a file.

  `artifacts generate` copies this folder beside the overlay, so that a consumer needs no flake input of ours.
*/
{
  downloadTools = import ./downloadTools.nix;
  fetchImpureEnv = import ./fetchImpureEnv.nix;
  fetchProxy = import ./fetchProxy.nix;
  fetchRequire = import ./fetchRequire.nix;
  installArchive = import ./installArchive.nix;
  installBinary = import ./installBinary.nix;
  mkMeta = import ./mkMeta.nix;
  mkOverlay = import ./mkOverlay.nix;
  mkPackage = import ./mkPackage.nix;
  mkSource = import ./mkSource.nix;
  mkSources = import ./mkSources.nix;
  mkUnavailable = import ./mkUnavailable.nix;
  selectVariant = import ./selectVariant.nix;
  untouched = import ./untouched.nix;
}
