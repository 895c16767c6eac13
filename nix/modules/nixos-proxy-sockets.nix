# The sockets that systemd holds for the proxy, each in a unit of its own: systemd names a unit's sockets alike, and the name says what
# they are for.
{
  lib,
  cfg,
  socketFile,
}:
let
  # systemd.socket(5) writes a socket in the file system without a scheme.
  address = lib.removePrefix "unix:";
  withoutTls = addresses: map address (builtins.filter (one: !lib.hasPrefix "tls:" one) addresses);
  withTls =
    addresses: map (lib.removePrefix "tls:") (builtins.filter (lib.hasPrefix "tls:") addresses);
in
{
  sockets = lib.filterAttrs (_: socket: socket.streams != [ ]) {
    builds = {
      flag = "--listen";
      streams = map address cfg.listen;
    };
    builders = {
      flag = "--listen";
      streams = lib.optionals (cfg.socketGroup != null) [ socketFile ];
      access = {
        SocketGroup = cfg.socketGroup;
        SocketMode = "0660";
      };
    };
    callers = {
      flag = "--passthrough";
      streams = withoutTls cfg.passthrough;
    };
    callers-tls = {
      flag = "--passthrough";
      streams = withTls cfg.passthrough;
      scheme = "tls:";
    };
    jobs = {
      flag = "--id-token-listen";
      streams = withoutTls cfg.idTokens.listen;
    };
    jobs-tls = {
      flag = "--id-token-listen";
      streams = withTls cfg.idTokens.listen;
      scheme = "tls:";
    };
    machines = {
      flag = "--certificate-listen";
      streams = cfg.certificates.listen;
    };
    operators = {
      flag = "--admin-listen";
      streams = map address cfg.adminListen;
      access.SocketMode = "0600";
    };
  };

  speaksTls =
    cfg.certificates.listen != [ ] || withTls (cfg.passthrough ++ cfg.idTokens.listen) != [ ];
}
