/** The body of `sources.nix`: the same bytes without nixpkgs. */
export const SOURCES = `\
{
  system ? builtins.currentSystem,
  tools ? null,
}:
import ./lib/mkSources.nix {
  index = import ./index.nix;
  inherit system tools;
}`;
