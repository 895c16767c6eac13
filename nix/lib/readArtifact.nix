/**
  An artifact out of the data of a generated file, or an error that names the file, what is wrong with it and how to get it right:
  it may have been edited by hand, or come out of a merge.

  # Inputs

  `file`
  : The generated file, for the message.

  `data`
  : What the file holds.

  `provenance`
  : What the file of the same name in `provenance` holds.

  `name`
  : The name that the index has the artifact under.

  # Type

  ```
  readArtifact :: { file :: Path, data :: AttrSet, provenance :: AttrSet } -> String -> Artifact
  ```

  # Examples

  ```nix
  (readArtifact { file = ./a.json; data = { inherit example; }; provenance = { }; } "example").fetch
  => "proxy"
  (readArtifact { file = ./a.json; data = { inherit example; }; provenance = { }; } "other").fetch
  => <error>
  ```
*/
let
  fetchModes = [
    "proxy"
    "require"
    "impure-env"
  ];
  forms = [
    "file"
    "executable"
    "unpacked"
  ];
  isSystem = key: key == "any" || builtins.match "[a-z0-9_]+-[a-z0-9_]+" key != null;
  isHash = hash: builtins.isString hash && builtins.match "sha256-[A-Za-z0-9+/]{43}=" hash != null;

  # The first problem, or null. Spelled out, because all artifacts of an overlay come through here.
  problemOfArtifact =
    artifact:
    if artifact == null then
      "it does not have it"
    else if !builtins.isAttrs artifact then
      "it is no object"
    else if !artifact ? fetch then
      missing "fetch"
    else if !artifact ? install then
      missing "install"
    else if !artifact ? systems then
      missing "systems"
    else if !builtins.elem artifact.fetch fetchModes then
      "`fetch` is ${quote artifact.fetch}, expected one of ${quote fetchModes}"
    else
      builtins.foldl' (
        found: key: if found != null then found else problemOfVariant key artifact.systems.${key}
      ) null (builtins.attrNames artifact.systems);

  problemOfVariant =
    key: variant:
    if !isSystem key then
      "`systems` has ${quote key}, expected a Nix system such as x86_64-linux, or any"
    else if !variant ? name then
      missingIn key "name"
    else if !variant ? version then
      missingIn key "version"
    else if !variant ? form then
      missingIn key "form"
    else if !variant ? file then
      missingIn key "file"
    else if !variant ? hash then
      missingIn key "hash"
    else if !variant ? storePath then
      missingIn key "storePath"
    else if !variant ? proxyPath then
      missingIn key "proxyPath"
    else if !isHash variant.hash then
      "`hash` of ${key} is ${quote variant.hash}, expected sha256-<44 characters of base64>"
    else if !builtins.elem variant.form forms then
      "`form` of ${key} is ${quote variant.form}, expected one of ${quote forms}"
    else
      null;

  missing = field: "it has no `${field}`";
  missingIn = key: field: "${key} has no `${field}`";
  quote = builtins.toJSON;
in
{
  file,
  data,
  provenance,
}:
name:
let
  artifact = data.${name} or null;
  problem = problemOfArtifact artifact;
in
if problem != null then
  throw ''
    ${toString file} is not what `artifacts generate` wrote for ${name}: ${problem}.
    Undo the change, or where ${name} is locked run: artifacts generate''
else
  artifact
  // {
    inherit name;
    provenance = provenance.${name};
  }
