/**
  NixOS: `services.nix-artifacts.proxy`, a hardened service on sockets that systemd holds: it starts with the first build that
  asks, and builds wait while it restarts. The token is a systemd credential: the service's user is made for each run, owns
  nothing, and reads the token nowhere else.
*/
{
  config,
  lib,
  pkgs,
  ...
}:
let
  inherit (lib) mkIf mkOption types;
  cfg = config.services.nix-artifacts.proxy;
  nix = import ./proxy-nix-settings.nix { inherit lib cfg; };
  socketFolder = "/run/nix-artifacts";
  socketFile = "${socketFolder}/proxy.sock";

  quote = import ./systemd-quote.nix;

  # A unit for each way in: systemd names a unit's sockets alike, and the name says what they are for.
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
      streams = map address cfg.passthrough;
    };
    operators = {
      flag = "--admin-listen";
      streams = map address cfg.adminListen;
      access.SocketMode = "0600";
    };
  };
  # systemd.socket(5) writes a socket in the file system without a scheme.
  address = lib.removePrefix "unix:";
  unitName = name: "nix-artifacts-proxy-${name}";

  arguments =
    map quote (
      import ./proxy-arguments.nix lib (
        cfg
        // {
          listen = [ ];
          passthrough = [ ];
          adminListen = [ ];
        }
      )
      ++ builtins.concatMap (name: [
        sockets.${name}.flag
        "systemd:${name}"
      ]) (builtins.attrNames sockets)
    )
    ++ lib.optionals (cfg.tokenFile != null) [
      "--token-file"
      "%d/gitlab"
    ];
in
{
  options.services.nix-artifacts.proxy =
    import ./proxy-options.nix { inherit lib pkgs; }
    // nix.options
    // {
      tokenFile = mkOption {
        type = types.nullOr types.str;
        default = null;
        example = "/run/secrets/gitlab-token";
        description = ''
          File with a token (`read_api`), readable by root alone. systemd hands it to the service. A string, so that it is
          not copied into the store. Null where all callers bring their own.
        '';
      };

      socketGroup = mkOption {
        type = types.nullOr types.str;
        default = null;
        example = "nixbld";
        description = ''
          Group that may connect to ${socketFile}. With `nixbld` these are the fixed-output builds of this machine, and
          sandboxes see the socket. It is for derivations of your own, with `curl --unix-socket`: Nix itself cannot use it,
          so that artifacts need `listen`.
        '';
      };
    };

  config = mkIf cfg.enable {
    assertions =
      import ./outside-the-store.nix lib "services.nix-artifacts.proxy" { inherit (cfg) tokenFile; }
      ++ [
        {
          assertion = cfg.tokenFile != null || (cfg.listen == [ ] && cfg.socketGroup == null);
          message = "services.nix-artifacts.proxy needs a tokenFile for `listen` and `socketGroup`; with `passthrough` alone, set `listen = [ ]`.";
        }
        {
          assertion =
            !builtins.any (lib.hasPrefix "localhost") (cfg.listen ++ cfg.passthrough ++ cfg.adminListen);
          message = "services.nix-artifacts.proxy: systemd listens on addresses, not on names. Write 127.0.0.1 instead of localhost.";
        }
      ];

    nix.settings = lib.mkMerge [
      nix.settings
      # `?`: a build must not fail because the socket is not there.
      (mkIf (cfg.socketGroup != null) { extra-sandbox-paths = [ "${socketFolder}?" ]; })
    ];

    systemd.sockets = lib.mapAttrs' (name: socket: {
      name = unitName name;
      value = {
        description = "Locked GitLab CI artifacts for Nix, for ${name}";
        wantedBy = [ "sockets.target" ];
        socketConfig = {
          ListenStream = socket.streams;
          FileDescriptorName = name;
          Service = "nix-artifacts-proxy.service";
        }
        // socket.access or { };
      };
    }) sockets;

    systemd.services.nix-artifacts-proxy = {
      description = "Locked GitLab CI artifacts for Nix";
      documentation = [ "man:nix.conf(5)" ];
      wants = [ "network-online.target" ];
      after = [ "network-online.target" ];
      environment.GITLAB_HOST = cfg.gitlab;

      serviceConfig = import ./systemd-hardening.nix // {
        # `-`: what it finds is in the journal. A proxy that can serve some of it is better than none.
        ExecStartPre = "-" + lib.concatStringsSep " " (arguments ++ [ "--check" ]);
        ExecStart = lib.concatStringsSep " " arguments;
        Sockets = map (name: "${unitName name}.socket") (builtins.attrNames sockets);
        Restart = "on-failure";
        RestartSec = 5;

        DynamicUser = true;
        PrivateUsers = true;
        LoadCredential = lib.optionals (cfg.tokenFile != null) [ "gitlab:${cfg.tokenFile}" ];
        CacheDirectory = "nix-artifacts";
        CacheDirectoryMode = "0700";
      };
    };
  };
}
