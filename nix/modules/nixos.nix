# NixOS: the services of a machine that builds. Each does nothing until it is enabled.
{
  imports = [
    ./nixos-proxy.nix
    ./nixos-uploader.nix
  ];
}
