# Options that the uploader has as a service, on Linux or macOS. `secret` makes an option that names a file with a secret.
{
  lib,
  pkgs,
  secret,
}:
{
  enable = lib.mkEnableOption "uploading what this machine builds to a binary cache";

  package = import ./package-option.nix { inherit lib pkgs; };

  to = lib.mkOption {
    type = lib.types.str;
    example = "s3://team-cache?region=eu-central-1";
    description = "The binary cache: a path, file://, http(s):// or s3://, as for `artifacts publish`.";
  };

  signingKeyFile = secret "The key that signs what is uploaded.";
  netrcFile = secret "User and password for a cache behind http(s).";
}
