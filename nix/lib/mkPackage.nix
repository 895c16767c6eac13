/**
  The package of an artifact, for the host platform of a package set.

  With `install.kind = "none"` the package is the fixed-output derivation itself. `src` is always that derivation, and
  `provenance` says which project, pipeline and job the bytes came from. On a system without a variant only `name` and `meta`
  can be read.

  # Inputs

  `pkgs`
  : The final package set.

  `artifact`
  : What a generated `artifacts/<name>.nix` holds.

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
{
  pkgs,
  artifact,
  proxy,
}:
let
  inherit (artifact) install;
  inherit (pkgs.stdenv.hostPlatform) system;

  key = import ./selectVariant.nix artifact.systems system;
  variant = artifact.systems.${key};
  meta = import ./mkMeta.nix {
    inherit artifact;
    inherit (pkgs) lib;
  };
  package = {
    pname = artifact.name;
    inherit (variant) version;
    src = import ./mkSource.nix {
      inherit artifact key proxy;
      buildSystem = pkgs.stdenv.buildPlatform.system;
      tools = import ./downloadTools.nix {
        pkgs = pkgs.buildPackages;
        inherit (variant) form;
      };
    };
    inherit meta;
    passthru = { inherit (variant) provenance; };
  };

  installers = {
    none = package.src // package // package.passthru;
    binary = import ./installBinary.nix {
      inherit pkgs package runtime;
      program = install.name or artifact.name;
    };
    archive = unpacked;
    deb = unpacked;
  };
  unpacked = import ./installArchive.nix (
    builtins.removeAttrs install (builtins.attrNames runtime)
    // {
      inherit pkgs package runtime;
      inherit (variant) form;
      inherit (variant.provenance) file;
    }
  );
  runtime = builtins.intersectAttrs {
    libraries = null;
    environment = null;
  } install;
in
if key == null then
  import ./mkUnavailable.nix { inherit artifact system meta; }
else
  installers.${install.kind}
