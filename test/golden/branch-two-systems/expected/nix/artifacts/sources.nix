# Generated from artifacts.lock.json by nix-artifacts. Do not edit; to write it again, run: artifacts generate
{
  system ? builtins.currentSystem,
  tools ? null,
}:
import ./lib/mkSources.nix {
  index = import ./index.nix;
  inherit system tools;
}
