# The artifact that the examples in the documentation comments of nix/lib speak of, as `readArtifacts` gives it.
let
  read = folder: builtins.fromJSON (builtins.readFile (folder + "/example.json"));
in
(read ./example/artifacts).example
// {
  name = "example";
  provenance = (read ./example/provenance).example;
}
