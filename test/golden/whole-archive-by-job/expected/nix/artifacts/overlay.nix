# Generated from artifacts.lock.json by nix-artifacts. Do not edit; to write it again, run: artifacts generate
import ./lib/mkOverlay.nix {
  index = import ./index.nix;
  namespace = "artifacts";
}
