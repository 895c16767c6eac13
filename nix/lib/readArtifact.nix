/**
  The artifact that a generated file holds, or an error that names the file, what is wrong with it and how to get it right: it may
  have been edited by hand, or come out of a merge.

  # Inputs

  `file`
  : A generated `artifacts/<name>.nix`.

  `name`
  : The name that the index has it under.

  # Type

  ```
  readArtifact :: { file :: Path, name :: String } -> Artifact
  ```

  # Examples

  ```nix
  (readArtifact { file = exampleIndex.artifacts.example; name = "example"; }).fetch
  => "proxy"
  (readArtifact { file = exampleIndex.artifacts.example; name = "other"; }).fetch
  => <error>
  ```
*/
{ file, name }:
let
  artifact = import file;
  refuse = problem: throw ''
    ${toString file} is not what `artifacts generate` wrote for ${name}: ${problem}.
    Undo the change, or where ${name} is locked run: artifacts generate'';

  missing = names: set: builtins.filter (field: !set ? ${field}) names;
  isOneOf = known: value: builtins.isString value && builtins.elem value known;
  isSystem = key: key == "any" || builtins.match "[a-z0-9_]+-[a-z0-9_]+" key != null;
  isHash =
    hash: builtins.isString hash && builtins.match "sha256-[A-Za-z0-9+/]{43}=" hash != null;

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

  # The first problem, or null.
  problemOfArtifact =
    let
      absent = missing [
        "name"
        "meta"
        "gitlab"
        "fetch"
        "install"
        "systems"
      ] artifact;
    in
    if !builtins.isAttrs artifact then
      "it is no attribute set"
    else if absent != [ ] then
      "it has no `${builtins.head absent}`"
    else if artifact.name != name then
      "`name` is ${quote artifact.name}"
    else if !isOneOf fetchModes artifact.fetch then
      "`fetch` is ${quote artifact.fetch}, expected one of ${quote fetchModes}"
    else
      firstProblem problemOfVariant (builtins.attrNames artifact.systems);

  problemOfVariant =
    key:
    let
      variant = artifact.systems.${key};
      absent = missing [
        "name"
        "version"
        "form"
        "hash"
        "storePath"
        "proxyPath"
        "provenance"
      ] variant;
    in
    if !isSystem key then
      "`systems` has ${quote key}, expected a Nix system such as x86_64-linux, or any"
    else if absent != [ ] then
      "${key} has no `${builtins.head absent}`"
    else if !isHash variant.hash then
      "`hash` of ${key} is ${quote variant.hash}, expected sha256-<44 characters of base64>"
    else if !isOneOf forms variant.form then
      "`form` of ${key} is ${quote variant.form}, expected one of ${quote forms}"
    else
      null;

  firstProblem =
    problemOf: builtins.foldl' (found: item: if found != null then found else problemOf item) null;
  quote = builtins.toJSON;
  problem = problemOfArtifact;
in
if problem == null then artifact else refuse problem
