# Settings of Nix that go with the proxy, as options and as what they make of `nix.settings`.
{ lib, cfg }:
let
  inherit (lib) mkOption types;
in
{
  options = {
    substituter = mkOption {
      type = types.bool;
      default = true;
      description = ''
        Whether Nix on this machine asks the proxy as a binary cache. Its paths are content-addressed and need no key.
        Nix then no longer remembers that a path was not there, which else hides what is locked later for an hour.
      '';
    };

    hashedMirror = mkOption {
      type = types.bool;
      default = false;
      description = "Whether Nix asks the proxy for a file by its hash before the address in a derivation.";
    };
  };

  settings =
    let
      address = "http://${builtins.head cfg.listen}";
    in
    lib.mkMerge [
      (lib.mkIf (cfg.substituter && cfg.listen != [ ]) {
        extra-substituters = [ address ];
        narinfo-cache-negative-ttl = 0;
      })
      (lib.mkIf (cfg.hashedMirror && cfg.listen != [ ]) { hashed-mirrors = [ address ]; })
    ];
}
