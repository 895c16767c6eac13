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
  inherit (lib) mkIf;
  cfg = config.services.nix-artifacts.proxy;
  nix = import ./proxy-nix-settings.nix { inherit lib cfg; };
  policy = import ./proxy-policy.nix { inherit lib pkgs cfg; };
  socketFolder = "/run/nix-artifacts";
  socketFile = "${socketFolder}/proxy.sock";

  quote = import ./systemd-quote.nix;

  inherit (import ./nixos-proxy-sockets.nix { inherit lib cfg socketFile; }) sockets speaksTls;
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
    // import ./nixos-proxy-options.nix { inherit lib socketFile; };

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
