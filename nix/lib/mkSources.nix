/**
  The bytes of all artifacts for one system, without nixpkgs: what a machine can be bootstrapped from.

  Each name is an attribute, and an artifact's data is read when its attribute is used. An artifact that has no variant for the
  system says so when it is built. `all` is the set of those that have one.

  # Inputs

  `index`
  : What a generated `index.nix` holds.

  `system`
  : The Nix system that is wanted.

  `tools`
  : Programs to download with, as `fetchImpureEnv` takes them. Only artifacts of fetch mode `impure-env` need them.

  # Type

  ```
  mkSources :: { index :: Index, system :: String, tools :: Tools | Null ? } -> { ${name} :: Derivation, all :: { ${name} :: Derivation } }
  ```

  # Examples

  ```nix
  (mkSources { index = exampleIndex; system = "x86_64-linux"; }).example.name
  => "art.bin"
  builtins.attrNames (mkSources { index = exampleIndex; system = "x86_64-linux"; }).all
  => [ "example" ]
  ```
*/
let
  mkSource = import ./mkSource.nix;
  readArtifacts = import ./readArtifacts.nix;
  selectVariant = import ./selectVariant.nix;
  mkUnavailable = import ./mkUnavailable.nix;
in
{
  index,
  system,
  tools ? null,
}:
let
  artifacts = readArtifacts { inherit index; };
  keyOf = artifact: selectVariant artifact.systems system;

  sourceOf =
    name: artifact:
    if keyOf artifact == null then
      mkUnavailable {
        inherit artifact system;
        meta = { };
      }
    else
      mkSource {
        inherit artifact;
        key = keyOf artifact;
        inherit (index) proxy;
        buildSystem = system;
        tools =
          if tools != null then
            tools
          else
            throw ''
              artifact ${name} has the fetch mode "impure-env", which downloads with programs that somebody must name:
              import sources.nix with tools = { path = "/folder/of/curl"; certificates = null; }.'';
      };
  sources = builtins.mapAttrs sourceOf artifacts;
  available = builtins.filter (name: keyOf artifacts.${name} != null) (builtins.attrNames artifacts);
in
sources
// {
  all = builtins.listToAttrs (
    map (name: {
      inherit name;
      value = sources.${name};
    }) available
  );
}
