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
  policy = import ./proxy-policy.nix { inherit lib pkgs cfg; };
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
  # systemd.socket(5) writes a socket in the file system without a scheme.
  address = lib.removePrefix "unix:";
  withoutTls = addresses: map address (builtins.filter (one: !lib.hasPrefix "tls:" one) addresses);
  withTls =
    addresses: map (lib.removePrefix "tls:") (builtins.filter (lib.hasPrefix "tls:") addresses);
  speaksTls =
    cfg.certificates.listen != [ ] || withTls (cfg.passthrough ++ cfg.idTokens.listen) != [ ];
  unitName = name: "nix-artifacts-proxy-${name}";

  arguments =
    map quote (
      import ./proxy-arguments.nix lib (
        cfg
        // {
          listen = [ ];
          passthrough = [ ];
          adminListen = [ ];
          idTokens = cfg.idTokens // {
            listen = [ ];
          };
        }
      )
      ++ builtins.concatMap (name: [
        sockets.${name}.flag
        "${sockets.${name}.scheme or ""}systemd:${name}"
      ]) (builtins.attrNames sockets)
    )
    ++ lib.optionals (cfg.tokenFile != null) [
      "--token-file"
      "%d/gitlab"
    ]
    ++ builtins.concatMap (credential: [
      "--${credential}"
      "%d/${credential}"
    ]) (builtins.attrNames tlsFiles);
  # By the options that name them.
  tlsFiles = lib.filterAttrs (_: file: file != null) {
    tls-cert = cfg.tls.certFile;
    tls-key = cfg.tls.keyFile;
    client-ca = cfg.certificates.clientCaFile;
  };
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

      tls = {
        certFile = mkOption {
          type = types.nullOr types.str;
          default = null;
          example = "/var/lib/acme/artifacts.example.com/fullchain.pem";
          description = ''
            The proxy's own certificate, for `certificates.listen` and for the addresses of `passthrough` and `idTokens.listen`
            that begin with `tls:`. A renewed one counts when the service starts again.
          '';
        };
        keyFile = mkOption {
          type = types.nullOr types.str;
          default = null;
          example = "/var/lib/acme/artifacts.example.com/key.pem";
          description = "Its key, readable by root alone. systemd hands it to the service.";
        };
      };

      certificates = {
        listen = mkOption {
          type = types.listOf types.str;
          default = [ ];
          example = [ "0.0.0.0:7468" ];
          description = ''
            Addresses with TLS on which callers show a certificate of `clientCaFile`. Other machines may reach them, if the
            firewall lets them.
          '';
        };
        clientCaFile = mkOption {
          type = types.nullOr types.str;
          default = null;
          example = "/etc/nix-artifacts/clients.pem";
          description = "The authorities whose certificates callers show.";
        };
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
      import ./proxy-assertions.nix lib cfg
      ++ import ./outside-the-store.nix lib "services.nix-artifacts.proxy" {
        "tls.keyFile" = cfg.tls.keyFile;
      }
      ++ [
        {
          assertion =
            cfg.tokenFile != null
            || (
              cfg.listen == [ ]
              && cfg.socketGroup == null
              && cfg.certificates.listen == [ ]
              && cfg.idTokens.listen == [ ]
            );
          message = "services.nix-artifacts.proxy needs a tokenFile for `listen`, `socketGroup`, `certificates` and `idTokens`; with `passthrough` alone, set `listen = [ ]`.";
        }
        {
          assertion =
            builtins.attrNames tlsFiles
            == lib.optional (cfg.certificates.listen != [ ]) "client-ca"
            ++ lib.optionals speaksTls [
              "tls-cert"
              "tls-key"
            ];
          message = "services.nix-artifacts.proxy: `certificates.listen` goes with `certificates.clientCaFile`, and addresses with TLS go with `tls.certFile` and `tls.keyFile`; none without the others.";
        }
        {
          assertion =
            !builtins.any (one: lib.hasPrefix "localhost" (lib.removePrefix "tls:" one)) (
              cfg.listen ++ cfg.passthrough ++ cfg.idTokens.listen ++ cfg.adminListen
            );
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
        LoadCredential =
          lib.optionals (cfg.tokenFile != null) [ "gitlab:${cfg.tokenFile}" ]
          ++ lib.mapAttrsToList (credential: file: "${credential}:${file}") tlsFiles;
        CacheDirectory = "nix-artifacts";
        CacheDirectoryMode = "0700";
      }
      // lib.optionalAttrs (policy != null) { WorkingDirectory = "${policy}"; };
    };
  };
}
