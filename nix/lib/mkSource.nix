/**
  The fixed-output derivation of one variant, by the artifact's fetch mode.

  # Inputs

  `artifact`
  : An artifact as `readArtifacts` gives it.

  `key`
  : Which of `artifact.systems`: a Nix system or `any`.

  `proxy`
  : Base URL of the proxy, without a trailing slash.

  `buildSystem`
  : The system that builds; only `proxy` has no use for it.

  `tools`
  : Programs to download with, as `fetchImpureEnv` takes them; only `impure-env` has a use for them.

  # Type

  ```
  mkSource ::
    { artifact :: Artifact, key :: String, proxy :: String, buildSystem :: String, tools :: Tools ? } -> Derivation
  ```

  # Examples

  ```nix
  (mkSource {
    artifact = example;
    key = "any";
    proxy = "http://127.0.0.1:7467";
    buildSystem = "x86_64-linux";
  }).url
  => "http://127.0.0.1:7467/fod/gitlab.example.com/1/2/51bc0fc1/art.bin"
  (mkSource {
    artifact = example // { fetch = "require"; };
    key = "any";
    proxy = "http://127.0.0.1:7467";
    buildSystem = "x86_64-linux";
  }).outPath
  => "/nix/store/6f2l1dh2b1qbp7ssqfixjqn2dp39ca83-art.bin"
  (mkSource {
    artifact = example // { fetch = "impure-env"; };
    key = "any";
    proxy = "http://127.0.0.1:7467";
    buildSystem = "x86_64-linux";
    tools = { path = "/usr/bin"; certificates = null; };
  }).outPath
  => "/nix/store/6f2l1dh2b1qbp7ssqfixjqn2dp39ca83-art.bin"
  ```
*/
let
  fetchImpureEnv = import ./fetchImpureEnv.nix;
  fetchProxy = import ./fetchProxy.nix;
  fetchRequire = import ./fetchRequire.nix;

  # JSON keeps whatever a project or job is called on one line, and control characters away from the terminal.
  quote = builtins.toJSON;
  message =
    artifact: key: reason:
    let
      provenance = artifact.provenance.systems.${key};
    in
    ''
      Artifact ${artifact.name} is not in the Nix store, and ${reason}.
        project: ${quote provenance.project} on ${artifact.provenance.gitlab}
        job:     ${quote provenance.jobName} (${toString provenance.job})
      Run this as yourself, where ${artifact.name} is locked, then build again:
        artifacts fetch ${artifact.name}${if key == "any" then "" else " --system ${key}"}'';
in
{
  artifact,
  key,
  proxy,
  buildSystem,
  tools ? null,
}:
let
  variant = artifact.systems.${key};
  source =
    if artifact.fetch == "proxy" then
      fetchProxy {
        inherit (variant) name hash form;
        url = proxy + variant.proxyPath;
      }
    else if artifact.fetch == "require" then
      fetchRequire {
        inherit (variant) name hash form;
        message = message artifact key "this build may not download it";
        system = buildSystem;
      }
    else
      fetchImpureEnv {
        inherit (variant) name hash form;
        inherit (artifact.provenance.systems.${key}) url;
        inherit tools;
        message = message artifact key "NIX_ARTIFACTS_HEADERS of this build did not open it";
        system = buildSystem;
      };
in
# Another store folder has other paths. In ours the path tells whether name, hash and form are what was locked.
if builtins.storeDir != "/nix/store" || source.outPath == variant.storePath then
  source
else
  throw ''
    artifact ${artifact.name}: name, form and hash for ${key} belong to ${source.outPath}, but ${variant.storePath} is locked.
    They were edited, or merged from two locks. Where ${artifact.name} is locked run: artifacts generate''
