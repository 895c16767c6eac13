/**
  `meta` of an artifact's package.

  # Inputs

  `artifact`
  : What a generated `artifacts/<name>.nix` holds.

  `lib`
  : The library of nixpkgs.

  # Type

  ```
  mkMeta :: { artifact :: Artifact, lib :: AttrSet } -> Meta
  ```

  # Examples

  ```nix
  mkMeta {
    artifact = {
      name = "acme";
      meta.description = "ACME command line";
      install = { kind = "archive"; bin = [ "bin/acme-server" "bin/acme" ]; };
      systems = { aarch64-darwin = { }; x86_64-linux = { }; };
    };
    lib.sourceTypes.binaryNativeCode = "native";
  }
  => {
    description = "ACME command line";
    mainProgram = "acme";
    platforms = [ "aarch64-darwin" "x86_64-linux" ];
    sourceProvenance = [ "native" ];
  }
  mkMeta { artifact = example; lib = { }; }
  => { description = "An example"; }
  ```
*/
{ artifact, lib }:
let
  inherit (artifact) install;

  # The program that is called like the artifact, else the first one; a pattern tells no name.
  programs = builtins.filter (name: builtins.match ".*[*?].*" name == null) (map baseNameOf install.bin);
  mainOf =
    programs:
    if programs == [ ] || builtins.elem artifact.name programs then
      artifact.name
    else
      builtins.head programs;
  mainPrograms = {
    none = { };
    binary.mainProgram = install.name or artifact.name;
    archive.mainProgram = mainOf programs;
    deb.mainProgram = mainOf programs;
  };

  license =
    if !artifact ? license then
      { }
    else if artifact.license == "unfree" then
      { license = lib.licenses.unfree; }
    else
      { license = lib.getLicenseFromSpdxId artifact.license; };

  platforms =
    if artifact.systems ? any then { } else { platforms = builtins.attrNames artifact.systems; };

  sourceProvenance =
    if install.kind == "none" then
      { }
    else
      { sourceProvenance = [ lib.sourceTypes.binaryNativeCode ]; };
in
artifact.meta // license // platforms // mainPrograms.${install.kind} // sourceProvenance
