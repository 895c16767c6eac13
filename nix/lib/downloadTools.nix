/**
  The programs that `fetchImpureEnv` downloads and unpacks with, from nixpkgs.

  # Inputs

  `pkgs`
  : A package set for the system that builds.

  `form`
  : Only what is `unpacked` needs more than curl and coreutils.

  # Type

  ```
  downloadTools :: { pkgs :: AttrSet, form :: String } -> { path :: String, certificates :: String }
  ```

  # Examples

  ```nix
  (downloadTools { inherit pkgs; form = "file"; }).certificates
  => "${pkgs.cacert}/etc/ssl/certs/ca-bundle.crt"
  ```
*/
{ pkgs, form }:
let
  unpackers = [
    pkgs.bzip2
    pkgs.gnutar
    pkgs.gzip
    pkgs.unzip
    pkgs.xz
    pkgs.zstd
  ];
in
{
  path = pkgs.lib.makeBinPath (
    [
      pkgs.coreutils
      pkgs.curl
    ]
    ++ pkgs.lib.optionals (form == "unpacked") unpackers
  );
  certificates = "${pkgs.cacert}/etc/ssl/certs/ca-bundle.crt";
}
