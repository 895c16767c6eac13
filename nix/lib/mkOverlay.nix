/**
  An overlay of all artifacts of an index.

  Nothing is read before it is used: the index when a name is looked up, an artifact's own file when it is evaluated. Several
  overlays share a namespace; on the same name the later one wins.

  # Inputs

  `index`
  : What a generated `index.nix` holds.

  `namespace`
  : Attribute of the package set that holds the artifacts; null for the package set itself.

  # Type

  ```
  mkOverlay :: { index :: Index, namespace :: String | Null } -> (AttrSet -> AttrSet -> AttrSet)
  ```

  # Examples

  ```nix
  (mkOverlay { index = exampleIndex; namespace = "artifacts"; } pkgs { artifacts.other = 1; }).artifacts.other
  => 1
  (mkOverlay { index = exampleIndex; namespace = "artifacts"; } pkgs { }).artifacts.example.name
  => "art.bin"
  (mkOverlay { index = exampleIndex; namespace = null; } pkgs { }).example.name
  => "art.bin"
  ```
*/
{ index, namespace }:
final: prev:
let
  packages = builtins.mapAttrs (
    _: file:
    import ./mkPackage.nix {
      pkgs = final;
      artifact = import file;
      inherit (index) proxy;
    }
  ) index.artifacts;
in
if namespace == null then packages else { ${namespace} = (prev.${namespace} or { }) // packages; }
