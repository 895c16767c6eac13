# What must hold of the options that the proxy has everywhere.
lib: cfg:
import ./outside-the-store.nix lib "services.nix-artifacts.proxy" { inherit (cfg) tokenFile; }
++ [
  {
    assertion =
      cfg.idTokens.listen == [ ] || (cfg.idTokens.audiences != [ ] && cfg.policy != null);
    message = "services.nix-artifacts.proxy.idTokens.listen needs `idTokens.audiences`, for whom tokens are meant, and a `policy`: else every job of the instance would get everything.";
  }
]
