/**
  The package of an artifact, for the host platform of a package set.

  With `install.kind = "none"` the package is the fixed-output derivation itself; nixpkgs' `config` decides about its license as about
  any. `src` is always that derivation, and `provenance` says which project, pipeline and job the bytes came from. On a system without
  a variant only `name` and `meta` can be read.

  # Inputs

  `pkgs`
  : The final package set.

  `artifact`
  : An artifact as `readArtifacts` gives it.

  `proxy`
  : Base URL of the proxy, without a trailing slash.

  # Type

  ```
  mkPackage :: { pkgs :: AttrSet, artifact :: Artifact, proxy :: String } -> Derivation
  ```

  # Examples

  ```nix
  (mkPackage { inherit pkgs; artifact = example; proxy = "http://127.0.0.1:7467"; }).version
  => "1.2.3"
  (mkPackage { inherit pkgs; artifact = example; proxy = "http://127.0.0.1:7467"; }).provenance.job
  => 2
  (mkPackage {
    inherit pkgs;
    artifact = example // { systems = { }; };
    proxy = "http://127.0.0.1:7467";
  }).outPath
  => <error>
  ```
*/
let
  downloadTools = import ./downloadTools.nix;
  installArchive = import ./installArchive.nix;
  installBinary = import ./installBinary.nix;
  mkMeta = import ./mkMeta.nix;
  mkSource = import ./mkSource.nix;
  mkUnavailable = import ./mkUnavailable.nix;
  selectVariant = import ./selectVariant.nix;

  # What is not for the installer but for what a program needs to run.
  runtimeOptions = {
    libraries = null;
    environment = null;
  };

  # nixpkgs refuses what is unfree in `mkDerivation`. A derivation without stdenv asks one that nobody builds.
  ifAllowed =
    pkgs: package:
    let
      inherit (package) src;
      asked = pkgs.stdenvNoCC.mkDerivation { inherit (package) pname version meta; };
      allowed = {
        drvPath = builtins.seq asked.outPath src.drvPath;
        outPath = builtins.seq asked.outPath src.outPath;
        out = src // allowed;
        all = [ allowed.out ];
      };
    in
    allowed;
in
{
  pkgs,
  artifact,
  proxy,
}:
let
  inherit (artifact) install;
  inherit (pkgs.stdenv.hostPlatform) system;

  key = selectVariant artifact.systems system;
  variant = artifact.systems.${key};
  meta = mkMeta {
    inherit artifact;
    inherit (pkgs) lib;
  };
  provenance = artifact.provenance.systems.${key} // {
    inherit (variant) file;
  };
  src = mkSource {
    inherit artifact key proxy;
    buildSystem = pkgs.stdenv.buildPlatform.system;
    tools = downloadTools {
      pkgs = pkgs.buildPackages;
      inherit (variant) form;
    };
  };
  package = {
    pname = artifact.name;
    inherit (variant) version;
    inherit src meta;
    passthru = { inherit provenance; };
  };
  runtime = builtins.intersectAttrs runtimeOptions install;
in
if key == null then
  mkUnavailable { inherit artifact system meta; }
else if install.kind == "none" then
  src
  // {
    pname = artifact.name;
    inherit (variant) version;
    inherit src meta provenance;
    passthru = { inherit provenance; };
  }
  // (if artifact ? license then ifAllowed pkgs package else { })
else if install.kind == "binary" then
  installBinary {
    inherit pkgs package runtime;
    program = install.name or artifact.name;
  }
else if install.kind == "appimage" then
  installArchive {
    inherit pkgs package runtime;
    inherit (variant) file;
    inherit (install) kind;
    bin = [ "AppRun" ];
  }
else
  installArchive (
    builtins.removeAttrs install (builtins.attrNames runtimeOptions)
    // {
      inherit pkgs package runtime;
      inherit (variant) form file;
    }
  )
