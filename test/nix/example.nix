# The artifact that the examples in the documentation comments of nix/lib speak of, as `readArtifacts` gives it.
let
  read = builtins.mapAttrs (_: folder: builtins.fromJSON (builtins.readFile (folder + "/example.json"))) {
    artifact = ./example/artifacts;
    provenance = ./example/provenance;
  };
in
read.artifact.example
// {
  name = "example";
  provenance = read.provenance.example;
}
