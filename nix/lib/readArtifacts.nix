/**
  All artifacts of an index. A file is read when an artifact in it is used, and once, however many it holds; where the bytes came
  from is in a file of its own, which most evaluations never read.

  # Inputs

  `index`
  : What a generated `index.nix` holds.

  # Type

  ```
  readArtifacts :: { index :: Index } -> { ${name} :: Artifact }
  ```

  # Examples

  ```nix
  (readArtifacts { index = exampleIndex; }).example.fetch
  => "proxy"
  (readArtifacts { index = exampleIndex; }).example.provenance.systems.any.job
  => 2
  ```
*/
let
  readArtifact = import ./readArtifact.nix;
  readJson =
    file:
    builtins.addErrorContext "while reading ${toString file}, which `artifacts generate` writes again" (
      builtins.fromJSON (builtins.readFile file)
    );
in
{ index }:
let
  # Parsed once, however many artifacts a file holds.
  readers = builtins.mapAttrs (
    file: _:
    readArtifact {
      file = index.artifacts + "/${file}";
      data = readJson (index.artifacts + "/${file}");
      provenance = readJson (index.provenance + "/${file}");
    }
  ) (builtins.groupBy (name: index.files.${name}) (builtins.attrNames index.files));
in
builtins.mapAttrs (name: file: readers.${file} name) index.files
