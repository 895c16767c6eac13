/**
  `meta` of an artifact's package.

  # Inputs

  `artifact`
  : An artifact as `readArtifacts` gives it.

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
      description = "ACME command line";
      provenance = { };
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
  => { description = "An example"; homepage = "https://gitlab.example.com/platform/example"; }
  ```
*/
{ artifact, lib }:
let
  inherit (artifact) install;

  # The program that is called like the artifact, else the first one; a pattern tells no name.
  programs = builtins.filter (name: builtins.match ".*[*?].*" name == null) (
    map baseNameOf install.bin
  );
  mainOf =
    programs:
    if programs == [ ] || builtins.elem artifact.name programs then
      artifact.name
    else
      builtins.head programs;
  mainPrograms = {
    none = { };
    binary.mainProgram = install.name or artifact.name;
    appimage.mainProgram = install.name or artifact.name;
    archive.mainProgram = mainOf programs;
    deb.mainProgram = mainOf programs;
  };

  description = builtins.intersectAttrs { description = null; } artifact;
  homepage = builtins.intersectAttrs { homepage = null; } artifact.provenance;

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
description // homepage // license // platforms // mainPrograms.${install.kind} // sourceProvenance
