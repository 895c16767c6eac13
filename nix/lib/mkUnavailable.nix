/**
  The package of an artifact on a system that it has no variant for: it has a name and a `meta`, so that it can be listed and
  filtered by `lib.meta.availableOn`, and fails when anything of it is to be built.

  # Inputs

  `artifact`
  : An artifact as `readArtifacts` gives it.

  `system`
  : The Nix system that is wanted.

  `meta`
  : `meta` of the package, with `platforms`.

  # Type

  ```
  mkUnavailable :: { artifact :: Artifact, system :: String, meta :: Meta } -> Derivation
  ```

  # Examples

  ```nix
  (mkUnavailable { artifact = example; system = "riscv64-linux"; meta = { }; }).name
  => "example"
  (mkUnavailable { artifact = example; system = "riscv64-linux"; meta = { }; }).outPath
  => <error>
  ```
*/
{
  artifact,
  system,
  meta,
}:
let
  failure = throw ''
    artifact ${artifact.name} has no variant for ${system}; it is locked for: ${toString (builtins.attrNames artifact.systems)}.
    Add "${system}" to `systems` in its manifest, then run: artifacts lock ${artifact.name}'';

  package = {
    type = "derivation";
    inherit (artifact) name;
    pname = artifact.name;
    inherit system meta;
    outputs = [ "out" ];
    outputName = "out";
    out = package;
    all = [ package ];
    overrideAttrs = _: package;
    version = failure;
    src = failure;
    passthru = failure;
    drvPath = failure;
    outPath = failure;
  };
in
package
