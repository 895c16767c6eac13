/**
  An overlay of all artifacts of an index.

  Nothing is read before it is used: the index when a name is looked up, an artifact's own file when it is evaluated. Several
  overlays share a namespace; on the same name the later one wins.

  Beside the packages a namespace has `all`, the set of those that there are for the host platform, and `groups`, such a set for each
  group. Their values are what `buildEnv` and `mkShell` take.

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
  builtins.attrNames (mkOverlay { index = exampleIndex; namespace = "artifacts"; } pkgs { }).artifacts.groups.tools
  => [ "example" ]
  (mkOverlay { index = exampleIndex; namespace = null; } pkgs { }).example.name
  => "art.bin"
  ```
*/
let
  mkPackage = import ./mkPackage.nix;
  readArtifacts = import ./readArtifacts.nix;
  selectVariant = import ./selectVariant.nix;
in
{ index, namespace }:
let
  artifacts = readArtifacts { inherit index; };
  inherit (index) proxy;
in
final: prev:
let
  packages = builtins.mapAttrs (
    _: artifact:
    final.lib.makeOverridable mkPackage {
      pkgs = final;
      inherit artifact proxy;
    }
  ) artifacts;

  isAvailable =
    name: selectVariant artifacts.${name}.systems final.stdenv.hostPlatform.system != null;
  available =
    names:
    builtins.listToAttrs (
      map (name: {
        inherit name;
        value = packages.${name};
      }) (builtins.filter isAvailable names)
    );

  # What another overlay has put there before.
  before = prev.${namespace} or { };
  groupsBefore = before.groups or { };
  groups = builtins.mapAttrs (
    group: names: (groupsBefore.${group} or { }) // available names
  ) index.groups;
in
if namespace == null then
  packages
else
  {
    ${namespace} =
      before
      // packages
      // {
        all = (before.all or { }) // available (builtins.attrNames artifacts);
        groups = groupsBefore // groups;
      };
  }
