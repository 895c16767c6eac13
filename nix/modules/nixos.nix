/**
  NixOS: `services.nix-artifacts.proxy`, a hardened service. The token is a systemd credential: the service's user is made for
  each run, owns nothing, and reads the token nowhere else.
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
  runtimeDirectory = "nix-artifacts";
  socket = "/run/${runtimeDirectory}/proxy.sock";

  quote = import ./systemd-quote.nix;

  arguments =
    map quote (import ./proxy-arguments.nix lib cfg)
    ++ lib.optionals (cfg.socketGroup != null) (
      map quote [
        "--listen"
        "unix:${socket}"
        "--socket-group"
        cfg.socketGroup
      ]
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
          Group that may connect to ${socket}. With `nixbld` these are the fixed-output builds of this machine, and
          sandboxes see the socket. Nothing else needs to listen: `listen = [ ]`.
        '';
      };
    };

  config = mkIf cfg.enable {
    assertions = [
      {
        assertion = cfg.tokenFile == null || !lib.hasPrefix builtins.storeDir cfg.tokenFile;
        message = "services.nix-artifacts.proxy.tokenFile is in the Nix store, where everybody can read it. Name a file outside.";
      }
      {
        assertion = cfg.tokenFile != null || (cfg.listen == [ ] && cfg.socketGroup == null);
        message = "services.nix-artifacts.proxy needs a tokenFile for `listen` and `socketGroup`; with `passthrough` alone, set `listen = [ ]`.";
      }
    ];

    nix.settings = lib.mkMerge [
      nix.settings
      # `?`: a build must not fail because the service has never run.
      (mkIf (cfg.socketGroup != null) { extra-sandbox-paths = [ "/run/${runtimeDirectory}?" ]; })
    ];

    systemd.services.nix-artifacts-proxy = {
      description = "Locked GitLab CI artifacts for Nix";
      documentation = [ "man:nix.conf(5)" ];
      wantedBy = [ "multi-user.target" ];
      wants = [ "network-online.target" ];
      after = [ "network-online.target" ];
      environment.GITLAB_HOST = cfg.gitlab;

      serviceConfig = {
        ExecStart = lib.concatStringsSep " " arguments;
        Restart = "on-failure";
        RestartSec = 5;

        DynamicUser = true;
        SupplementaryGroups = lib.optionals (cfg.socketGroup != null) [ cfg.socketGroup ];
        LoadCredential = lib.optionals (cfg.tokenFile != null) [ "gitlab:${cfg.tokenFile}" ];
        CacheDirectory = "nix-artifacts";
        CacheDirectoryMode = "0700";
        RuntimeDirectory = runtimeDirectory;
        # Builders go through it to the socket, which has a mode of its own.
        RuntimeDirectoryMode = "0755";
        UMask = "0077";

        CapabilityBoundingSet = "";
        LockPersonality = true;
        NoNewPrivileges = true;
        PrivateDevices = true;
        PrivateTmp = true;
        # Groups of the machine do not exist for a service with users of its own.
        PrivateUsers = cfg.socketGroup == null;
        ProcSubset = "pid";
        ProtectClock = true;
        ProtectControlGroups = true;
        ProtectHome = true;
        ProtectHostname = true;
        ProtectKernelLogs = true;
        ProtectKernelModules = true;
        ProtectKernelTunables = true;
        ProtectProc = "invisible";
        ProtectSystem = "strict";
        RemoveIPC = true;
        RestrictAddressFamilies = [
          "AF_INET"
          "AF_INET6"
          "AF_UNIX"
        ];
        RestrictNamespaces = true;
        RestrictRealtime = true;
        RestrictSUIDSGID = true;
        SystemCallArchitectures = "native";
        SystemCallErrorNumber = "EPERM";
        # No MemoryDenyWriteExecute: Node compiles to memory.
        SystemCallFilter = [
          "@system-service"
          "~@privileged @resources"
        ]
        ++ lib.optionals (cfg.socketGroup != null) [ "@chown" ];
      };
    };
  };
}
