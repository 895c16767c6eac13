# The command line of the proxy for its options, without what depends on the service manager.
lib: cfg:
let
  # Interpolated, so that a path of the configuration is part of what is deployed.
  each =
    flag: values:
    builtins.concatMap (value: [
      flag
      "${value}"
    ]) values;
in
[
  "${cfg.package}/bin/artifacts"
  "proxy"
]
++ each "--lock" cfg.locks
++ each "--listen" cfg.listen
++ each "--passthrough" cfg.passthrough
++ each "--id-token-listen" cfg.idTokens.listen
++ each "--audience" cfg.idTokens.audiences
++ each "--admin-listen" cfg.adminListen
++ [
  "--cache-size"
  cfg.cacheSize
]
