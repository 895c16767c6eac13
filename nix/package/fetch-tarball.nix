# A file with a sha512 in SRI; its path depends on name and hash alone. Without an address it says what to do when it is missing.
{
  name,
  hash,
  url,
  system,
}:
derivation (
  {
    inherit name;
    outputHash = hash;
    outputHashAlgo = "sha512";
    outputHashMode = "flat";
    preferLocalBuild = true;
  }
  // (
    if url != null then
      {
        inherit url;
        system = "builtin";
        builder = "builtin:fetchurl";
      }
    else
      {
        inherit system;
        builder = "/bin/sh";
        args = [
          "-c"
          "echo >&2 \"$message\"; exit 1"
        ];
        message = ''
          The npm package ${name} is not in the Nix store, and no registry was named to download it from.
          Name the base URL of one: nix-artifacts.override { registry = "https://…"; }
          or, with the flake: npm_config_registry=https://… nix build --impure
        '';
      }
  )
)
