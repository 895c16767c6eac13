/**
  The bytes of all artifacts for one system, without nixpkgs: what a machine can be bootstrapped from.

  Artifacts that have no variant for the system are left out.

  # Inputs

  `index`
  : What a generated `index.nix` holds.

  `system`
  : The Nix system that is wanted.

  `tools`
  : Programs to download with, as `fetchImpureEnv` takes them. Only artifacts of fetch mode `impure-env` need them.

  # Type

  ```
  mkSources :: { index :: Index, system :: String, tools :: Tools | Null ? } -> { ${name} :: Derivation }
  ```

  # Examples

  ```nix
  builtins.mapAttrs (_: source: source.name) (mkSources {
    index = exampleIndex;
    system = "x86_64-linux";
  })
  => { example = "art.bin"; }
  ```
*/
{
  index,
  system,
  tools ? null,
}:
let
  artifacts = builtins.mapAttrs (
    name: file: import ./readArtifact.nix { inherit file name; }
  ) index.artifacts;
  keyOf = name: import ./selectVariant.nix artifacts.${name}.systems system;
  available = builtins.filter (name: keyOf name != null) (builtins.attrNames artifacts);

  sourceOf =
    name:
    import ./mkSource.nix {
      artifact = artifacts.${name};
      key = keyOf name;
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
in
builtins.listToAttrs (
  map (name: {
    inherit name;
    value = sourceOf name;
  }) available
)
