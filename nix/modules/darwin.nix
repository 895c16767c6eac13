# nix-darwin: the services of a machine that builds. Each does nothing until it is enabled.
{
  imports = [
    ./darwin-proxy.nix
    ./darwin-uploader.nix
  ];
}
