/** The body of `overlay.nix`: what a consumer imports. */
export const OVERLAY = `\
import ./lib/mkOverlay.nix {
  index = import ./index.nix;
  namespace = {{namespace}};
}`;
